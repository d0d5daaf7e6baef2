import { tokenAnswerShape } from "@evergrant/schema";
import { expect, it } from "vitest";
import { present, start, withStatus } from "./start.ts";

it("every answer of tokens.get has the fields that its schema declares, and no others, though nothing parses it on the way out", async () => {
  await using evergrant = await start();
  const { api } = evergrant;
  const connectionId = await evergrant.connect("alice");
  const revoked = await evergrant.connect("bob");
  const reading = { integration: "sandbox", subject: "alice" };

  const answers = [
    await api.tokens.get.query({ connectionId }),
    await api.tokens.get.query(reading),
    await api.tokens.get.query({ connectionId, minValiditySeconds: 1 }),
    await api.tokens.get.query({ connectionId, requireScopes: ["notes:write"] }),
    await api.tokens.get.query({ integration: "sandbox", subject: "nobody" }),
    await api.tokens.refresh.mutate({ connectionId, ifGeneration: 0 }),
  ];
  evergrant.clock.advance(3_600_000);
  evergrant.sandbox.revokeGrant({ account: present(evergrant.sandbox.livingGrants()[0]).account });
  answers.push(await api.tokens.get.query({ connectionId: revoked }));
  evergrant.sandbox.faults.add({ on: "refresh", kind: "status", status: 503, times: "always" });
  const third = await evergrant.connect("carol");
  evergrant.clock.advance(3_600_000);
  answers.push(await api.tokens.get.query({ connectionId: third }));

  expect(new Set(answers.map(({ status }) => status))).toEqual(
    new Set(["active", "missing_scopes", "not_connected", "reauthorization_required", "unavailable"]),
  );
  // Parsing takes off what is not declared, so that nothing may have been there.
  for (const answer of answers) expect(tokenAnswerShape.parse(answer)).toEqual(answer);
});

it("the short way and the long way of a read give the same answer", async () => {
  await using evergrant = await start();
  const connectionId = await evergrant.connect("alice");
  const short = withStatus("active", await evergrant.api.tokens.get.query({ connectionId }));
  // A wish for some validity is weighed on the long way only.
  const long = withStatus("active", await evergrant.api.tokens.get.query({ connectionId, minValiditySeconds: 0 }));
  const { expiresInSeconds, cacheSeconds, ...rest } = long;
  expect(short).toMatchObject(rest);
  expect(Math.abs(Number(short.expiresInSeconds) - Number(expiresInSeconds))).toBeLessThan(60);
  expect(Math.abs(short.cacheSeconds - cacheSeconds)).toBeLessThan(60);
});
