/**
 * `keys.*`: the data keys of a running server: which there are, rotating and retiring them.
 */
import { keysRetireInput, keysRetireResult, keysRotateInput, keysRotateResult, keysStatusShape } from "@evergrant/schema";
import { readKeysStatus } from "../keys-status.ts";
import { resealRows } from "../reseal.ts";
import { beginRotation, retireDataKey } from "../rotate-keys.ts";
import { procedure, router } from "../trpc.ts";

export const keys = router({
  status: procedure.output(keysStatusShape).query(({ ctx: { authority } }) => readKeysStatus(authority)),

  rotate: procedure
    .input(keysRotateInput)
    .output(keysRotateResult)
    .mutation(async ({ ctx: { authority }, input: { another, limit } }) => {
      const { dataKeyId, added } = await beginRotation(authority, { another });
      const count = await resealRows(authority, { dataKeyId, limit });
      const { remainingRows } = await readKeysStatus(authority);
      return { ...count, dataKeyId, added, remainingRows };
    }),

  retire: procedure
    .input(keysRetireInput)
    .output(keysRetireResult)
    .mutation(({ ctx: { authority }, input }) => retireDataKey(authority, input)),
});
