/**
 * What the client costs: `accessToken` from memory, `fetch` as a connection beside plain `fetch`, and bytes in a bundle. `--json` for
 * machines; `--quick` for a look that proves nothing.
 */
import { createServer } from "node:http";
import { createClient } from "../../src/create-client.ts";
import { active, fakeEvergrant } from "../fake-evergrant.ts";
import { measureSize } from "../measure-size.ts";

const quick = process.argv.includes("--quick");
const rounds = quick ? 3 : 15;
const callsInMemory = quick ? 1_000 : 20_000;
const requests = quick ? 50 : 500;

const connectionId = "con_00000001";
const evergrant = createClient({
  url: "https://evergrant.test",
  apiKey: "bench",
  fetch: fakeEvergrant(() => active({ cacheSeconds: 86_400, expiresInSeconds: 86_400 })).fetch,
});
const server = createServer((_request, response) => response.end("ok"));
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const address = server.address();
if (address === null || typeof address === "string") throw new Error("the server has no port");
const url = `http://127.0.0.1:${address.port}/`;
const fetchAsOwner = evergrant.fetch(connectionId, { fetch });

/** Microseconds for each of `count` calls, one after another. */
async function perCall(count: number, call: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  for (let each = 0; each < count; each += 1) await call();
  return ((performance.now() - startedAt) / count) * 1000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const read = async (send: typeof fetch) => (await send(url)).text();
await perCall(requests, () => read(fetch));
await perCall(requests, () => read(fetchAsOwner));
const hits: number[] = [];
const overheads: number[] = [];
for (let round = 0; round < rounds; round += 1) {
  hits.push(await perCall(callsInMemory, () => evergrant.accessToken(connectionId)));
  // Side by side in each round, so that a busy machine slows both alike.
  const plain = await perCall(requests, () => read(fetch));
  overheads.push((await perCall(requests, () => read(fetchAsOwner))) - plain);
}
server.close();
server.closeAllConnections();

const { firstBytes, lazy } = await measureSize();
const figures = {
  cacheHitMicroseconds: Number(median(hits).toFixed(2)),
  fetchOverheadMicroseconds: Number(median(overheads).toFixed(1)),
  gzippedBytes: firstBytes,
  gzippedBytesLater: Object.fromEntries(Object.entries(lazy).map(([name, { bytes }]) => [name, bytes])),
};
const lines = [
  `accessToken from memory        ${figures.cacheHitMicroseconds} µs`,
  `fetch as a connection          ${figures.fetchOverheadMicroseconds} µs more than fetch`,
  `in a bundle, gzipped           ${figures.gzippedBytes} bytes without @trpc/client`,
  ...Object.entries(figures.gzippedBytesLater).map(([name, bytes]) => `${`  later, ${name}`.padEnd(30)} ${bytes} bytes`),
];
process.stdout.write(`${process.argv.includes("--json") ? JSON.stringify(figures) : lines.join("\n")}\n`);
