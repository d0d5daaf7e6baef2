/**
 * The load, in a process of its own: autocannon, with every response time kept.
 */
import autocannon from "autocannon";
import { answerQuestions } from "./child.ts";
import type { Load, LoadResult } from "./load.ts";
import { percentile } from "./statistics.ts";

answerQuestions((load: Load) => fire(load));

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
