import { expect, it } from "vitest";
import { present, start } from "./start.ts";

it("each line of the log names the request that it belongs to, as the answer and the audit log do, however many go on at once", async () => {
  await using evergrant = await start();
  const { sandbox, clock, app } = evergrant;
  const ids = await Promise.all(["alice", "bob", "carol"].map((subject) => evergrant.connect(subject)));
  sandbox.faults.add({ on: "refresh", kind: "error", error: "server_error", times: 9 });
  clock.advance(3_600_000);
  evergrant.logged.length = 0;

  const answers = await Promise.all(
    ids.map(async (connectionId, index) => {
      const response = await app.request("/trpc/tokens.get", {
        method: "POST",
        headers: { authorization: `Bearer ${evergrant.apiKey}`, "content-type": "application/json", "x-request-id": `request-${index}` },
        body: JSON.stringify({ connectionId }),
      });
      return { connectionId, requestId: response.headers.get("x-request-id") };
    }),
  );
  expect(answers.map(({ requestId }) => requestId)).toEqual(["request-0", "request-1", "request-2"]);
  const lines = evergrant.logged.map((line): Record<string, unknown> => JSON.parse(line));
  for (const { connectionId, requestId } of answers) {
    const line = present(lines.find((each) => each["connectionId"] === connectionId && each["message"] === "a refresh failed"));
    expect(line["requestId"]).toBe(requestId);
  }
  expect(lines.every((line) => typeof line["requestId"] === "string")).toBe(true);
  await app.keepRecords({ deadlineMs: 1_000 });
  const { entries } = await evergrant.api.audit.list.query({ action: "tokens.get" });
  expect(new Set(entries.map(({ requestId }) => requestId))).toEqual(new Set(["request-0", "request-1", "request-2"]));

  // What nobody asked for has none.
  evergrant.logged.length = 0;
  clock.advance(3_600_000);
  await app.refreshDue({ limit: 10, deadlineMs: 5_000 });
  const own = evergrant.logged.map((line): Record<string, unknown> => JSON.parse(line));
  expect(own.length).toBeGreaterThan(0);
  expect(own.filter((line) => "requestId" in line)).toEqual([]);
});

it("a request id that looks like a secret is not repeated", async () => {
  await using evergrant = await start();
  for (const given of [evergrant.apiKey, "Zm9vYmFyMTIzNDU2Nzg5MEFCQ0RFRkdISUpL.x", "a b", "short"]) {
    const response = await evergrant.app.request("/healthz", { headers: { "x-request-id": given } });
    expect(response.headers.get("x-request-id")).toMatch(/^req_[\w-]{16}$/);
  }
});

it("an `error` of a provider is repeated where it is a code, and not where it is what the provider was sent", async () => {
  await using evergrant = await start();
  const { sandbox, clock, api } = evergrant;
  const connectionId = await evergrant.connect("alice");
  const said = ["teapot_empty", `${sandbox.client.clientSecret} is wrong`, "f3k9QwErTyUiOpAsDfGhJkLzXcVbNm12", sandbox.client.clientSecret];
  for (const error of said) {
    sandbox.faults.add({ on: "refresh", kind: "error", error });
    clock.advance(3_600_000);
    await api.tokens.get.query({ connectionId });
  }
  const { events } = await api.events.list.query({ limit: 100 });
  const errors = events.filter(({ type }) => type === "connection.refresh_failed").map(({ details }) => details["error"]);
  expect(errors).toEqual(["teapot_empty", "unrepeatable", "unrepeatable", "unrepeatable"]);
  expect(evergrant.logged.join()).not.toContain(sandbox.client.clientSecret);
});
