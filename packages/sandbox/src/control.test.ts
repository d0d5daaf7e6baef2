import { createHash } from "node:crypto";
import { request } from "node:http";
import { expect, it } from "vitest";
import { createTestClient, redirectUri, startAutomatic } from "../test/client.ts";

function post(url: string, body: unknown): Promise<Response> {
  return fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}

it("steers the sandbox from another process: faults, state, account, redirection endpoints, revocation, reset", async () => {
  await using sandbox = await startAutomatic({
    clients: [{ clientId: "app", clientSecret: "s", redirectUris: ["http://127.0.0.1:9/other"] }],
  });
  const control = `${sandbox.issuer}/sandbox`;
  expect((await post(`${control}/redirect-uris`, { uri: redirectUri })).status).toBe(201);
  expect(await (await post(`${control}/account`, { id: "dora", label: "Dora" })).json()).toMatchObject({ id: "dora", name: "Dora" });
  const { connect, refresh } = await createTestClient(sandbox);
  const { refresh_token = "" } = await connect({ scope: "notes:read offline_access" });

  const added = await post(`${control}/faults`, [{ on: "refresh", kind: "status", status: 503 }]);
  expect([added.status, await added.json()]).toEqual([
    201,
    { waiting: [{ on: "refresh", kind: "status", status: 503, when: "before", times: 1 }] },
  ]);
  await expect(refresh(refresh_token)).rejects.toMatchObject({ cause: { status: 503 } });

  const state = await (await fetch(`${control}/state`)).text();
  expect(state).not.toContain(refresh_token);
  expect(JSON.parse(state)).toMatchObject({
    issuer: sandbox.issuer,
    counters: { authorization: 1, token: 2 },
    faults: [],
    grants: [
      { grantType: "authorization_code", clientId: "app", outcome: "issued", refreshTokenFingerprint: null },
      {
        grantType: "refresh_token",
        clientId: "app",
        fault: "status",
        status: 503,
        refreshTokenFingerprint: createHash("sha256").update(refresh_token).digest("hex"),
      },
    ],
    livingGrants: [{ account: "dora", scopes: ["notes:read", "offline_access"] }],
  });

  expect(await (await post(`${control}/revoke`, { account: "dora" })).json()).toEqual({ revoked: 1 });
  await expect(refresh(refresh_token)).rejects.toMatchObject({ error: "invalid_grant" });
  await post(`${control}/reset`, {});
  expect(sandbox.grants()).toEqual([]);
  expect(sandbox.counters().token).toBe(0);
});

it("says what is wrong with a request, and heeds neither other Hosts nor what a web page can post unasked", async () => {
  await using sandbox = await startAutomatic();
  const control = `${sandbox.issuer}/sandbox`;
  const refused = await post(`${control}/faults`, { on: "refresh", kind: "delay" });
  expect([refused.status, await refused.json()]).toEqual([400, { error: expect.stringContaining("delayMs") }]);
  expect((await post(`${control}/revoke`, {})).status).toBe(400);
  expect((await post(`${control}/redirect-uris`, { uri: "relative" })).status).toBe(400);
  expect((await fetch(`${control}/reset`, { method: "POST", body: "{}" })).status).toBe(415);

  const status = await new Promise((resolve) => {
    request(`${control}/state`, { headers: { host: "rebound.example" } }, (response) => resolve(response.resume().statusCode)).end();
  });
  expect(status).toBe(403);
});
