import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { start } from "./start.ts";
import type { Started } from "./start.ts";

async function scrape(evergrant: Started): Promise<string> {
  const headers = { authorization: `Bearer ${await evergrant.apiKeyFor(["metrics:read"])}` };
  const response = await evergrant.app.request("/metrics", { headers });
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
  return response.text();
}

/** The value of one series, or null. */
function valueOf(text: string, series: string): number | null {
  const line = text.split("\n").find((each) => each.startsWith(`${series} `));
  return line === undefined ? null : Number(line.slice(series.length));
}

const namesIn = (text: string) => [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name ?? "");

describe("GET /metrics", () => {
  it("is for callers with metrics:read alone", async () => {
    await using evergrant = await start();
    expect((await evergrant.app.request("/metrics")).status).toBe(401);
    const headers = { authorization: `Bearer ${await evergrant.apiKeyFor(["tokens:read", "events:read"])}` };
    expect((await evergrant.app.request("/metrics", { headers })).status).toBe(403);
  });

  it("counts what was done and what waits, under labels that name nobody", async () => {
    await using evergrant = await start();
    const { api, app, clock, sandbox } = evergrant;
    const alice = await evergrant.connect("alice-the-subject");
    const bob = await evergrant.connect("bob-the-subject");
    clock.advance(61_000);
    await api.tokens.get.query({ connectionId: alice });
    sandbox.faults.add({ on: "refresh", kind: "error", error: "invalid_grant" });
    await api.tokens.get.query({ connectionId: bob });
    sandbox.faults.add({ on: "refresh", kind: "status", status: 503 });
    clock.advance(61_000);
    await api.tokens.get.query({ connectionId: alice });
    await app.request("/no/such/path");

    const text = await scrape(evergrant);
    const labels = (outcome: string) => `evergrant_refreshes_total{integration="sandbox",outcome="${outcome}"}`;
    expect(valueOf(text, labels("refreshed"))).toBe(1);
    expect(valueOf(text, labels("dead_grant"))).toBe(1);
    expect(valueOf(text, labels("provider_unavailable"))).toBe(1);
    expect(valueOf(text, 'evergrant_refresh_duration_seconds_count{integration="sandbox"}')).toBe(3);
    expect(valueOf(text, 'evergrant_token_answers_total{status="active"}')).toBe(1);
    expect(valueOf(text, 'evergrant_token_answers_total{status="reauthorization_required"}')).toBe(1);
    expect(valueOf(text, 'evergrant_token_answers_total{status="unavailable"}')).toBe(1);
    expect(valueOf(text, 'evergrant_provider_requests_total{outcome="5xx"}')).toBe(1);
    expect(valueOf(text, 'evergrant_http_requests_total{route="trpc",status="200"}')).toBeGreaterThan(3);
    expect(valueOf(text, 'evergrant_http_requests_total{route="other",status="401"}')).toBe(1);
    expect(valueOf(text, "evergrant_due_connections")).toBe(1);
    expect(valueOf(text, "evergrant_due_oldest_seconds")).toBeGreaterThan(0);
    expect(valueOf(text, "evergrant_events_total")).toBe((await api.events.list.query({ limit: 100 })).events.length);
    expect(valueOf(text, "evergrant_database_up")).toBe(1);
    expect(valueOf(text, "process_resident_memory_bytes")).toBeGreaterThan(1_000_000);
    for (const word of [alice, bob, "alice", "bob", "no/such", evergrant.apiKey]) expect(text).not.toContain(word);
  });

  it("tells of webhooks that lag, of pauses and of an integration's own process: nothing is shared between two apps", async () => {
    await using evergrant = await start();
    await evergrant.api.webhooks.create.mutate({ url: "http://127.0.0.1:9/never" });
    const connections = [await evergrant.connect("alice"), await evergrant.connect("bob")];
    evergrant.clock.advance(61_000);
    evergrant.sandbox.faults.add({ on: "refresh", kind: "error", error: "invalid_client", times: "always" });
    for (const connectionId of connections) await evergrant.api.tokens.get.query({ connectionId });
    const before = await scrape(evergrant);
    expect(valueOf(before, "evergrant_webhook_unread_events")).toBeGreaterThan(2);
    expect(valueOf(before, 'evergrant_provider_pauses{integration="sandbox",reason="misconfigured"}')).toBe(1);

    const other = await evergrant.another();
    await other.deliverDue({ limit: 10, deadlineMs: 5_000 });
    const after = await scrape(evergrant);
    expect(valueOf(after, "evergrant_webhook_unread_events")).toBe(0);
    expect(valueOf(after, 'evergrant_webhook_deliveries{state="pending"}')).toBeGreaterThan(2);
    // The other app has tried to post; this one has not.
    expect(valueOf(after, 'evergrant_webhook_requests_total{outcome="not_sent"}')).toBeNull();
    await other.close();
  });

  it("has every metric in docs/metrics.md, and no other, each named by Prometheus' conventions", async () => {
    await using evergrant = await start();
    const page = await readFile(new URL("../../../docs/metrics.md", import.meta.url), "utf8");
    const documented = [...page.matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, name]) => name ?? "");
    const text = await scrape(evergrant);
    expect(namesIn(text).toSorted()).toEqual(documented.toSorted());
    const counters = [...text.matchAll(/^# TYPE (\S+) counter$/gm)].map(([, name]) => name);
    expect(namesIn(text).filter((name) => name.endsWith("_total"))).toEqual(counters);
  });
});
