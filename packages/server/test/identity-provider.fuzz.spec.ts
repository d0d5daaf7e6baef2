import * as fc from "fast-check";
import { CompactSign } from "jose";
import { expect, it } from "vitest";
import { audience, startIdentityProvider } from "./identity-provider.ts";
import { start } from "./start.ts";

const flipped = (text: string, at: number) => `${text.slice(0, at)}${text.at(at) === "A" ? "B" : "A"}${text.slice(at + 1)}`;

it("a JWT is refused wherever it is altered or cut, and in whatever shape it comes, always by the same words", async () => {
  await using provider = await startIdentityProvider(() => new Date());
  const identityProvider = { issuer: provider.issuer, audience: [audience] };
  await using evergrant = await start({ app: { identityProvider } });
  const ask = async (token: string) => {
    const response = await evergrant.app.request("/trpc/connections.list?input={}", { headers: { authorization: `Bearer ${token}` } });
    return { status: response.status, body: await response.text() };
  };
  const good = await provider.token();
  expect((await ask(good)).status).toBe(200);
  const answers = new Set<string>();
  let tried = 0;
  const refuse = async (token: string) => {
    const { status, body } = await ask(token);
    tried += 1;
    answers.add(`${status} ${body}`);
  };
  // The last letter of a signature has bits that belong to nothing.
  for (let at = 0; at < good.length - 1; at += 1) await refuse(flipped(good, at));
  for (let length = 16; length < good.length; length += 1) await refuse(good.slice(0, length));
  const part = (value: unknown) => Buffer.from(JSON.stringify(value) ?? "").toString("base64url");
  const { id, algorithm } = provider.key;
  const header = fc.oneof(
    fc.jsonValue(),
    fc.record(
      {
        alg: fc.oneof(fc.constant(algorithm), fc.jsonValue()),
        kid: fc.oneof(fc.constant(id), fc.jsonValue()),
        typ: fc.jsonValue(),
        crit: fc.jsonValue(),
        zip: fc.jsonValue(),
        jwk: fc.jsonValue(),
      },
      { requiredKeys: [] },
    ),
  );
  const claims = fc.oneof(
    fc.jsonValue(),
    fc.record(
      {
        iss: fc.oneof(fc.constant(provider.issuer), fc.jsonValue()),
        aud: fc.jsonValue(),
        sub: fc.jsonValue(),
        exp: fc.jsonValue(),
        nbf: fc.jsonValue(),
      },
      { requiredKeys: [] },
    ),
  );
  await fc.assert(
    fc.asyncProperty(header, claims, fc.uint8Array({ maxLength: 64 }), async (a, b, signature) => {
      await refuse(`${part(a)}.${part(b)}.${Buffer.from(signature).toString("base64url")}`);
    }),
    { numRuns: 500 },
  );
  // Signed as it should be, and of any content.
  await fc.assert(
    fc.asyncProperty(claims, async (each) => {
      const payload = new TextEncoder().encode(JSON.stringify(each));
      await refuse(await new CompactSign(payload).setProtectedHeader({ alg: algorithm, kid: id }).sign(provider.key.privateKey));
    }),
    { numRuns: 200 },
  );
  expect([...answers].map((answer) => answer.slice(0, 4))).toEqual(["401 "]);
  console.info(`JWTs tried: ${tried}, let in: 0, unhandled: 0`);
});
