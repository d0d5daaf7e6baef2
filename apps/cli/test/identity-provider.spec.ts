import { audience, startIdentityProvider } from "@evergrant/server/test/identity-provider";
import { expect, it } from "vitest";
import { z } from "zod";
import { runProgram } from "../src/program.ts";
import { makeFolder, sandboxConfig } from "./evergrant.ts";
import { makeSurroundings } from "./surroundings.ts";

const reportShape = z.object({ findings: z.array(z.object({ check: z.string(), level: z.string(), message: z.string() })) });

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

it("doctor reads the keys as the server would, and says why they cannot be read", async () => {
  await using provider = await startIdentityProvider(() => new Date());
  using folder = makeFolder(sandboxConfig("4001"));
  const look = async (variables: Record<string, string> = {}) => {
    const env = { EVERGRANT_JWT_ISSUER: provider.issuer, EVERGRANT_JWT_AUDIENCE: audience, ...variables };
    const { surroundings, stdout } = makeSurroundings(env, { workingFolder: folder.path });
    await runProgram(["doctor", "--json"], surroundings, "0.0.0");
    return reportShape.parse(JSON.parse(stdout.text())).findings.filter(({ check }) => check === "identity provider");
  };
  expect(await look()).toEqual([expect.objectContaining({ level: "ok", message: expect.stringContaining("has 1 keys") })]);
  expect(await look({ EVERGRANT_JWT_JWKS_URL: `${provider.issuer}/elsewhere` })).toEqual([
    expect.objectContaining({ level: "fault", message: `${provider.issuer}/elsewhere is answered with status 404` }),
  ]);
  expect(await look({ EVERGRANT_JWT_ISSUER: `${provider.issuer}/` })).toEqual([
    expect.objectContaining({ level: "fault", message: expect.stringContaining(`is the document of another issuer, ${provider.issuer}`) }),
  ]);
  expect(await look({ EVERGRANT_JWT_JWKS_URL: "https://10.0.0.1/keys" })).toEqual([
    expect.objectContaining({ level: "fault", message: expect.stringContaining("10.0.0.1 is not a public address") }),
  ]);
});
