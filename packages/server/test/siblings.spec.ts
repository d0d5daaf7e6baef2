import { expect, it } from "vitest";
import { sandboxIntegration, start } from "./start.ts";

it("where a revocation ends all of an account's grants, its other connections are named, asked for again, and found dead", async () => {
  await using evergrant = await start({
    config: (sandbox) => {
      const { parameters: _parameters, ...client } = sandboxIntegration(sandbox);
      const provider = {
        authorizationEndpoint: sandbox.authorizationEndpoint,
        tokenEndpoint: sandbox.tokenEndpoint,
        revocation: { endpoint: sandbox.revocationEndpoint, ends: "account" as const },
        account: { endpoint: sandbox.accountEndpoint, idPath: "id", labelPath: "email" },
        offlineAccess: { scopes: ["offline_access"], parameters: { prompt: "consent" } },
      };
      return { providers: { sandbox: { ...client, provider } } };
    },
  });
  evergrant.sandbox.setAccount("shared");
  const [one, two] = [await evergrant.connect("alice"), await evergrant.connect("bob")];
  evergrant.sandbox.setAccount("other");
  const unrelated = await evergrant.connect("carol");

  const { revocation, rechecked } = await evergrant.api.connections.disconnect.mutate({ connectionId: one });
  expect({ revocation, rechecked }).toEqual({ revocation: "revoked", rechecked: [two] });
  // As such a provider does it: everything of this account ends.
  evergrant.sandbox.revokeGrant({ account: "shared" });
  evergrant.clock.advance(1_000);
  await evergrant.app.refreshDue({ limit: 10, deadlineMs: 5_000 });
  expect(await evergrant.api.connections.get.query({ connectionId: two })).toMatchObject({ status: "reauthorization_required" });
  expect(await evergrant.api.connections.get.query({ connectionId: unrelated })).toMatchObject({ status: "active" });
});
