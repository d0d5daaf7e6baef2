/**
 * `keys.*`: the data keys of a running server: which there are, rotating and retiring them.
 */
import { keysRetireInput, keysRetireResult, keysRotateInput, keysRotateResult, keysStatusShape } from "@evergrant/schema";
import { readKeysStatus, rowsNotUnder } from "../keys-status.ts";
import { resealRows } from "../reseal.ts";
import { beginRotation, retireDataKey } from "../rotate-keys.ts";
import { procedure, router } from "../trpc.ts";

export const keys = router({
  status: procedure.output(keysStatusShape).query(({ ctx: { authority } }) => readKeysStatus(authority)),

  rotate: procedure
    .input(keysRotateInput)
    .output(keysRotateResult)
    .mutation(async ({ ctx: { authority }, input: { newKey, limit } }) => {
      const { dataKeyId, added } = await beginRotation(authority, { newKey });
      const count = await resealRows(authority, { dataKeyId, limit });
      const { columns } = await readKeysStatus(authority);
      return { ...count, dataKeyId, added, remainingRows: rowsNotUnder(dataKeyId, columns) };
    }),

  retire: procedure
    .input(keysRetireInput)
    .output(keysRetireResult)
    .mutation(({ ctx: { authority }, input }) => retireDataKey(authority, input)),
});
