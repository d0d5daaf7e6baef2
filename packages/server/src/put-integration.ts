/**
 * Putting an integration at run time, and removing it, without parting connections from their client unnoticed.
 */
import type { configPutInput, configRemoveInput } from "@evergrant/schema";
import type { z } from "zod";
import type { Authority } from "./authority.ts";
import { countStranded } from "./connection-reads-store.ts";
import { EvergrantError } from "./errors.ts";
import type { Integration } from "./integrations.ts";

/**
 * Writes an integration. A secret that is left out is kept, unless the change points the integration at another client or server:
 * a secret that was given for one is not sent to another.
 *
 * @throws {EvergrantError} `config_owned_by_file`, `config_invalid`, `secret_required`, `stranding_not_accepted`.
 */
export async function putIntegration(
  authority: Authority,
  input: z.output<typeof configPutInput>,
): Promise<{ integration: Integration; strandedConnections: number }> {
  const { integrations } = authority;
  await refuseIfOwnedByFile(authority, input.integration);
  const before = await integrations.findCurrent(input.integration);
  const keptSecret = input.definition.clientSecret === undefined ? (before?.integration?.clientSecret ?? null) : null;
  const definition = { ...input.definition, ...(keptSecret === null ? {} : { clientSecret: keptSecret.reveal() }) };

  const judged = await integrations.judge(input.integration, definition);
  if ("faults" in judged) throw invalid(judged.faults);
  const old = before?.integration ?? null;
  if (old !== null && keptSecret !== null && !sameEndpoints(authority, old, judged.integration)) {
    throw new EvergrantError(
      "secret_required",
      "definition.clientSecret: give it anew, since this change points the integration at another client or server",
    );
  }
  const strandedConnections = await countStranded(authority.database, input.integration, integrations.bindingOf(judged.integration));
  if (strandedConnections > 0 && input.acceptStranding !== true) throw stranding(strandedConnections);

  const put = await integrations.put(input.integration, definition, (before?.revision ?? 0) + 1);
  if ("faults" in put) throw invalid(put.faults);
  return { integration: put.integration, strandedConnections };
}

/** Removes an integration that was put at run time; its connections then answer `misconfigured`. */
export async function removeIntegration(
  authority: Authority,
  input: z.output<typeof configRemoveInput>,
): Promise<{ strandedConnections: number }> {
  await refuseIfOwnedByFile(authority, input.integration);
  const strandedConnections = await countStranded(authority.database, input.integration, null);
  if (strandedConnections > 0 && input.acceptStranding !== true) throw stranding(strandedConnections);
  if (!(await authority.integrations.remove(input.integration))) {
    throw new EvergrantError("unknown_integration", `integration: there is none named "${input.integration}"`);
  }
  return { strandedConnections };
}

async function refuseIfOwnedByFile(authority: Authority, id: string): Promise<void> {
  if ((await authority.integrations.find(id))?.source !== "file") return;
  throw new EvergrantError("config_owned_by_file", `integration: "${id}" is declared in the config file; change it there`);
}

/** Whether secret and tokens would still go to the same places: not only the token endpoint hears them. */
function sameEndpoints({ integrations }: Authority, before: Integration, after: Integration): boolean {
  const endpoints = ({ server }: Integration) => {
    if (server.kind === "issuer") return server.issuer;
    const { tokenEndpoint, refreshEndpoint, revocation, account, longLivedExchange, accessTokenRenewal } = server.facts;
    const others = [refreshEndpoint, revocation?.endpoint, account?.endpoint, longLivedExchange?.endpoint, accessTokenRenewal?.endpoint];
    return [tokenEndpoint, ...others].join(" ");
  };
  return integrations.isBoundTo(after, integrations.bindingOf(before)) && endpoints(before) === endpoints(after);
}

function invalid(faults: readonly { path: string; message: string; mend: string }[]): EvergrantError {
  return new EvergrantError("config_invalid", faults.map(({ path, message, mend }) => `${path}: ${message}; ${mend}`).join(" · "));
}

function stranding(count: number): EvergrantError {
  return new EvergrantError(
    "stranding_not_accepted",
    `acceptStranding: ${count} connection${count === 1 ? "" : "s"} belong to the client or server of before and would have to be authorized again; set it to true to go on`,
  );
}
