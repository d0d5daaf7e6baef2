/**
 * The load, in a process of its own: autocannon, with every response time kept.
 */
import autocannon from "autocannon";
import { answerQuestions } from "./child.ts";
import type { Load, LoadResult, SharedLoad, SharedLoadResult } from "./load.ts";
import { percentile } from "./statistics.ts";

answerQuestions((load: Load | SharedLoad): Promise<LoadResult | SharedLoadResult> => ("shares" in load ? goThrough(load) : fire(load)));

async function fire({ url, requests, connections, seconds }: Load): Promise<LoadResult> {
  const times: number[] = [];
  let started = 0;
  const setupClient = (client: autocannon.Client): void => {
    // Each connection has its own share, so that no two ask for the same at the same moment.
    const share = requests.filter((_, index) => index % connections === started % connections);
    started += 1;
    client.setRequests(share.length > 0 ? share : [...requests]);
  };
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const done = (error: unknown, fired: autocannon.Result) => (error instanceof Error ? reject(error) : resolve(fired));
    const instance = autocannon({ url, connections, duration: seconds, timeout: 20, setupClient }, done);
    instance.on("response", (_client, _status, _bytes, responseMs) => times.push(responseMs));
  });
  const failed = result.non2xx + result.errors + result.timeouts;
  if (failed > 0) throw new Error(`${failed} of ${times.length} requests to ${url} failed`);
  const sorted = times.toSorted((a, b) => a - b);
  return { perSecond: times.length / result.duration, p50Ms: percentile(sorted, 50), p99Ms: percentile(sorted, 99) };
}

async function goThrough({ url, first, shares }: SharedLoad): Promise<SharedLoadResult> {
  const times: number[] = [];
  let [served, beganAt, endedAt] = [0, Number.POSITIVE_INFINITY, 0];
  const onResponse = (status: number, body: string): void => {
    if (status === 200 && body.includes('"accessToken":"')) served += 1;
  };
  let started = 0;
  const setupClient = (client: autocannon.Client): void => {
    const share = shares[started] ?? [];
    started += 1;
    client.setRequests([{ ...first }, ...share.map((request) => ({ ...request, onResponse }))]);
    let isFirst = true;
    client.on("response", (_status, _bytes, responseMs) => {
      if (!isFirst) {
        times.push(responseMs);
        endedAt = performance.now();
        beganAt = Math.min(beganAt, endedAt - responseMs);
      }
      isFirst = false;
    });
  };
  const asked = shares.reduce((sum, share) => sum + share.length, 0);
  const amount = asked + shares.length;
  const result = await autocannon({ url, connections: shares.length, amount, timeout: 20, sampleInt: 100, setupClient });
  if (result.errors > 0 || times.length !== asked) throw new Error(`${times.length} of ${asked} requests to ${url} were answered`);
  const sorted = times.toSorted((a, b) => a - b);
  return { asked, served, tookMs: endedAt - beganAt, p50Ms: percentile(sorted, 50), p99Ms: percentile(sorted, 99) };
}
