import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGuardedFetch, isSpecialAddress } from "./guarded-fetch.ts";

const get = { method: "GET", headers: {}, deadlineMs: 2_000 };
const server = createServer((request, response) => {
  if (request.url === "/redirect") response.writeHead(307, { location: "http://localhost/elsewhere" }).end();
  else if (request.url === "/large") response.end(Buffer.alloc(2 * 1024 * 1024));
  else if (request.url === "/bomb") response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(50 * 1024 * 1024)));
  else if (request.url === "/drip") {
    response.writeHead(200);
    const drip = setInterval(() => response.write("."), 50);
    response.on("close", () => clearInterval(drip));
  } else if (request.url === "/broken") {
    response.writeHead(200, { "content-length": "100" }).write("half");
    setTimeout(() => response.destroy(), 20);
  } else if (request.url === "/999") response.writeHead(999).end("go away");
  else if (request.url === "/drop") response.destroy();
  else response.end(JSON.stringify({ agent: request.headers["user-agent"] }));
});
let origin = "";
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
const local = createGuardedFetch({ allowLoopback: true, privateHosts: [] });
const abroad = createGuardedFetch({ allowLoopback: false, privateHosts: [] });

describe("createGuardedFetch", () => {
  it("fetches, and says what it is", async () => {
    expect(await (await local(origin, get)).json()).toEqual({ agent: "evergrant" });
  });

  it("hands a redirect back and follows none", async () => {
    expect((await local(`${origin}/redirect`, get)).status).toBe(307);
  });

  it.each([
    ["/large", "more than a mebibyte"],
    ["/bomb", "fifty mebibytes in a small gzip"],
    ["/broken", "an answer that breaks off"],
  ])("reads no further than it must: %s, %s", async (path) => {
    await expect(local(`${origin}${path}`, get)).rejects.toMatchObject({ code: "answer_unreadable" });
  });

  it("takes a status that there is not for a 5xx, as RFC 9110 §15 has it", async () => {
    const response = await local(`${origin}/999`, get);
    expect([response.status, await response.text()]).toEqual([500, "go away"]);
  });

  it("ends a drip at its deadline, however lively it is", async () => {
    await expect(local(`${origin}/drip`, { ...get, deadlineMs: 300 })).rejects.toMatchObject({ code: "answer_unreadable" });
  });

  it("tells a request that was lost from one that was never sent", async () => {
    await expect(local(`${origin}/drop`, get)).rejects.toMatchObject({ code: "no_answer" });
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    await expect(local(`http://127.0.0.1:${port}/`, get)).rejects.toMatchObject({ code: "not_sent" });
    await expect(local("https://no-such-host.invalid/", get)).rejects.toMatchObject({ code: "not_sent" });
  });

  it.each([
    "http://127.0.0.1/",
    "https://127.0.0.1/",
    "https://localhost/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://0/",
    "https://10.0.0.1/",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://[64:ff9b::7f00:1]/",
    "https://[fd00::1]/",
    "http://example.com/",
    "file:///etc/passwd",
    "data:text/plain,x",
  ])("refuses %s", async (url) => {
    await expect(abroad(url, get)).rejects.toMatchObject({ name: "TransportError", code: "blocked" });
  });

  it("reaches a private host that is listed, and only by its name", async () => {
    const listed = createGuardedFetch({ allowLoopback: false, privateHosts: ["127.0.0.1"] });
    expect((await listed(origin, get)).status).toBe(200);
    await expect(listed(origin.replace("127.0.0.1", "localhost"), get)).rejects.toMatchObject({ code: "blocked" });
    await listed.close();
  });
});

describe("isSpecialAddress", () => {
  it.each(["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8"])("%s is anybody's", (address) => {
    expect(isSpecialAddress(address)).toBe(false);
  });
  it.each(["::ffff:10.0.0.1", "::ffff:7f00:1", "100.64.0.1", "224.0.0.1", "fe80::1", "nonsense"])("%s is not", (address) => {
    expect(isSpecialAddress(address)).toBe(true);
  });
});
