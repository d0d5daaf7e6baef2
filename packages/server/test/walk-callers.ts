/**
 * Everybody who may knock: the columns of the authorization walk. What each may do is for the table to say.
 */
import { type Permission, permissionShape } from "@evergrant/schema";
import { createApiKey } from "../src/create-api-key.ts";
import { everything } from "../src/reach.ts";
import { type TestIdentityProvider, newSigningKey } from "./identity-provider.ts";
import type { Started } from "./start.ts";
import { type World, far, near, nearStrict, runtime } from "./walk-world.ts";

/** A caller of the walk; `is` is null where the credential is none. */
export interface Knocker {
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly is: Known | null;
}

export interface Known {
  readonly kind: "key" | "session";
  readonly permissions: readonly Permission[];
  readonly integrations: readonly string[] | null;
  readonly subjects: readonly string[] | null;
}

const bearer = (credential: string) => ({ authorization: `Bearer ${credential}` });

/** Makes them all. Time goes on by a minute, so that some credentials are over. */
export async function makeKnockers({ evergrant, provider }: World, bootstrapKey: string): Promise<Knocker[]> {
  const nobodies = await makeNobodies(evergrant);
  const keys = await makeKeys(evergrant, bootstrapKey);
  const sessions = await makeSessions(evergrant);
  return [...nobodies, ...keys, ...sessions, ...(await makeJwts(evergrant, provider))];
}

/** Whoever shows no credential that holds. */
async function makeNobodies(evergrant: Started): Promise<Knocker[]> {
  const { api, clock, database } = evergrant;
  const soon = new Date(clock.now().getTime() + 30_000).toISOString();
  const admin = (expiresAt?: string) =>
    createApiKey({ database, now: clock.now }, { name: "over", permissions: ["admin"], ...(expiresAt && { expiresAt }) });
  const session = (as = api) => as.sessions.create.mutate({ subject: "anna", ttlSeconds: 30 });
  const lasting = () => api.sessions.create.mutate({ subject: "anna", ttlSeconds: 3600 });
  const [expired, revoked, maker] = [await admin(soon), await admin(), await admin()];
  const [expiredSession, revokedSession] = [await session(), await lasting()];
  const ofRevokedKey = await evergrant.as(maker.apiKey).sessions.create.mutate({ subject: "anna", ttlSeconds: 3600 });
  for (const { id } of [revoked, maker]) await api.apiKeys.revoke.mutate({ id });
  await api.sessions.revoke.mutate({ id: revokedSession.id });
  clock.advance(60_000);
  const otherEnd = (credential: string) => credential.slice(0, -1) + (credential.endsWith("A") ? "B" : "A");
  const live = await lasting();
  const headers: Record<string, Knocker["headers"]> = {
    "nobody at all": {},
    "an empty credential": { authorization: "Bearer" },
    "another scheme": { authorization: `Basic ${btoa(`x:${evergrant.apiKey}`)}` },
    "a key nobody made": bearer(`evergrant_${"0".repeat(16)}_${"A".repeat(43)}`),
    "a key with another end": bearer(otherEnd(evergrant.apiKey)),
    "an expired key": bearer(expired.apiKey),
    "a revoked key": bearer(revoked.apiKey),
    "a session nobody made": bearer(`evergrant_session_${"0".repeat(16)}_${"A".repeat(43)}`),
    "a session with another end": bearer(otherEnd(live.sessionToken)),
    "a session as a key": bearer(live.sessionToken.replace("evergrant_session_", "evergrant_")),
    "an expired session": bearer(expiredSession.sessionToken),
    "a revoked session": bearer(revokedSession.sessionToken),
    "a session of a revoked key": bearer(ofRevokedKey.sessionToken),
  };
  return Object.entries(headers).map(([name, each]) => ({ name, headers: each, is: null }));
}

async function makeKeys(evergrant: Started, bootstrapKey: string): Promise<Knocker[]> {
  const all = permissionShape.options;
  const allButAdmin = all.filter((permission) => permission !== "admin");
  const [annas, elsewhere] = [[near, nearStrict, runtime], [far]];
  const wanted: [name: string, permissions: readonly Permission[], limits: { integrations?: string[]; subjects?: string[] }][] = [
    ...all.map((permission): [string, Permission[], object] => [`a key with ${permission}`, [permission], {}]),
    ["a key with all but admin", allButAdmin, {}],
    ["an admin for these integrations", ["admin"], { integrations: annas }],
    ["an admin for other integrations", ["admin"], { integrations: elsewhere }],
    ["an admin for this subject", ["admin"], { subjects: ["anna"] }],
    ["an admin for another subject", ["admin"], { subjects: ["boris"] }],
    ["an admin for this subject at other integrations", ["admin"], { integrations: elsewhere, subjects: ["anna"] }],
    ["an admin for another subject at these integrations", ["admin"], { integrations: annas, subjects: ["boris"] }],
    ["a key with all but admin for other integrations", allButAdmin, { integrations: elsewhere }],
    ["a key with all but admin for another subject", allButAdmin, { subjects: ["boris"] }],
    ["a key with all but admin for this subject at these integrations", allButAdmin, { integrations: annas, subjects: ["anna"] }],
  ];
  const keys: Knocker[] = [];
  for (const [name, permissions, limits] of wanted) {
    const headers = bearer(await evergrant.apiKeyFor([...permissions], limits));
    keys.push({
      name,
      headers,
      is: { kind: "key", permissions, integrations: limits.integrations ?? null, subjects: limits.subjects ?? null },
    });
  }
  return [
    ...keys,
    { name: "the bootstrap key", headers: bearer(bootstrapKey), is: { kind: "key", permissions: ["admin"], ...everything } },
  ];
}

async function makeSessions(evergrant: Started): Promise<Knocker[]> {
  const sessions: Knocker[] = [];
  for (const [name, subject, integrations] of [
    ["a session of this subject", "anna", null],
    ["a session of this subject for these integrations", "anna", [near, nearStrict]],
    ["a session of this subject for other integrations", "anna", [far]],
    ["a session of another subject", "boris", null],
  ] as const) {
    const limits = integrations === null ? {} : { integrations: [...integrations] };
    const { sessionToken } = await evergrant.api.sessions.create.mutate({ subject, ttlSeconds: 3600, ...limits });
    sessions.push({ name, headers: bearer(sessionToken), is: { kind: "session", permissions: [], integrations, subjects: [subject] } });
  }
  return sessions;
}

async function makeJwts({ clock }: Started, provider: TestIdentityProvider): Promise<Knocker[]> {
  const now = Math.floor(clock.now().getTime() / 1000);
  const token = (claims: Record<string, unknown>) => provider.token({ exp: now + 3_600, ...claims });
  const subjects = ["anna", "boris"] as const;
  const forged = await newSigningKey(provider.key.id);
  const nobodies = {
    "an expired JWT": await token({ exp: now - 60 }),
    "a JWT for another API": await token({ aud: "https://another.example" }),
    "a JWT of another issuer": await token({ iss: "https://another.example" }),
    "a forged JWT": await provider.token({ exp: now + 3_600 }, { key: forged }),
  };
  const known: Knocker[] = [];
  for (const subject of subjects) {
    const name = subject === "anna" ? "a JWT of this subject" : "a JWT of another subject";
    const is = { kind: "session" as const, permissions: [], integrations: null, subjects: [subject] };
    known.push({ name, headers: bearer(await token({ sub: subject })), is });
  }
  return [...Object.entries(nobodies).map(([name, each]) => ({ name, headers: bearer(each), is: null })), ...known];
}
