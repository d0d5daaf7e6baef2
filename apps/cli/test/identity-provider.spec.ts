import { audience, startIdentityProvider } from "@evergrant/server/test/identity-provider";
import { expect, it } from "vitest";
import { makeFolder, sandboxConfig } from "./evergrant.ts";

it("serve takes JWTs of the identity provider that the environment names, and nothing half said", async () => {
  await using provider = await startIdentityProvider(() => new Date());
  using folder = makeFolder(sandboxConfig("4001"));
  const half = await folder.run(["serve"], { EVERGRANT_JWT_ISSUER: provider.issuer });
  expect(half.code).toBe(1);
  expect(half.stderr).toMatch(/EVERGRANT_JWT_ISSUER: is not usable[^]*set EVERGRANT_JWT_AUDIENCE too/);

  await using server = await folder.serve([], {
    EVERGRANT_JWT_ISSUER: provider.issuer,
    EVERGRANT_JWT_AUDIENCE: `another, ${audience}`,
    EVERGRANT_JWT_SUBJECT_CLAIM: "user",
  });
  const ask = async (path: string, claims: Record<string, unknown>) => {
    const headers = { authorization: `Bearer ${await provider.token(claims)}` };
    return (await fetch(`${server.url}/trpc/${path}`, { headers })).status;
  };
  expect(await ask("connections.list?input=%7B%7D", { user: "anna" })).toBe(200);
  expect(await ask("config.list", { user: "anna" })).toBe(403);
  expect(await ask("connections.list?input=%7B%7D", {})).toBe(401);
});
