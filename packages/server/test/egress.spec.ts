import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { type AddressInfo, type Socket, createServer } from "node:net";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import type { Sandbox } from "@evergrant/sandbox";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type Lookup, createGuardedFetch } from "../src/guarded-fetch.ts";
import { fetchFrom } from "../src/key-service.ts";
import { openBrowser } from "./browser.ts";
import { land, reachCallback } from "./flow.ts";
import { startHosts } from "./hosts.ts";
import { start } from "./start.ts";
import { startReceiver } from "./webhook-receiver.ts";

const get = { method: "GET", headers: {}, deadlineMs: 5_000 };
const mib = 1024 * 1024;

/** Names as the test says, and how often they were looked up. */
function namesFrom(answers: Record<string, string[][]>): { lookup: Lookup; asked: () => number } {
  let asked = 0;
  return {
    asked: () => asked,
    lookup: (hostname, _options, callback) => {
      const addresses = answers[hostname]?.[asked] ?? answers[hostname]?.at(-1) ?? [];
      asked += 1;
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
      );
    },
  };
}

describe("a server with a public URL reaches no address of its own network", () => {
  const abroad = createGuardedFetch({ allowLoopback: false, privateHosts: ["intranet.example"] });
  afterAll(() => abroad.close());

  it.each([
    // This machine, spelled in all the ways that a URL parser takes.
    "https://127.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://127.255.255.254/",
    "https://2130706433/",
    "https://017700000001/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.0x1/",
    "https://127.0.0.1./",
    "https://%31%32%37.0.0.1/",
    "https://１２７.０.０.１/",
    "https://127。0。0。1/",
    "https://①②⑦.⓪.⓪.①/",
    "https://0/",
    "https://0.0.0.0/",
    "https://localhost/",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://anything.localhost/",
    "https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
    "https://[::1]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[::]/",
    // IPv4 in the clothes of IPv6: mapped, compatible, translated, NAT64, 6to4, Teredo, ISATAP.
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::ffff:a9fe:a9fe]/",
    "https://[::127.0.0.1]/",
    "https://[::ffff:0:127.0.0.1]/",
    "https://[64:ff9b::127.0.0.1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[64:ff9b:1::a00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2002:a9fe:a9fe::1]/",
    "https://[2001:0:53aa:64c:0:0:80ff:fffe]/",
    "https://[fe80::5efe:127.0.0.1]/",
    // Private, shared, link-local and metadata addresses.
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://100.100.100.200/latest/meta-data/",
    "https://169.254.169.254/latest/meta-data/",
    "https://169.254.170.2/v2/credentials/",
    "https://2852039166/latest/meta-data/",
    "https://0xa9.0xfe.0xa9.0xfe/",
    "https://192.0.0.192/",
    "https://[fd00:ec2::254]/latest/meta-data/",
    "https://[fd20:ce::254]/",
    "https://[fc00::1]/",
    "https://[fe80::1]/",
    "https://[fec0::1]/",
    // Multicast, broadcast, documentation, benchmarking, discard, reserved.
    "https://224.0.0.1/",
    "https://239.255.255.250/",
    "https://255.255.255.255/",
    "https://240.0.0.1/",
    "https://192.0.2.1/",
    "https://198.18.0.1/",
    "https://198.51.100.1/",
    "https://203.0.113.1/",
    "https://192.88.99.1/",
    "https://[ff02::1]/",
    "https://[2001:db8::1]/",
    "https://[3fff::1]/",
    "https://[100::1]/",
    "https://[5f00::1]/",
    // Not https, not a URL, or with more in it than a place.
    "http://93.184.215.14/",
    "http://example.com/",
    "http://127.0.0.1/",
    "ftp://example.com/",
    "ws://example.com/",
    "file:///etc/passwd",
    "data:text/plain,x",
    "blob:https://example.com/1",
    "javascript:1",
    "https://[fe80::1%25eth0]/",
    "https://256.256.256.256/",
    "https://",
    "//example.com/",
    "not a URL",
    "https://user:word@example.com/",
    "https://127.0.0.1:443@example.com/",
    "https://intranet.example@10.0.0.1/",
    // A listed host is listed by its name, and nothing else is.
    "https://intranet.example.evil.example@127.0.0.1/",
    "https://10.0.0.1/intranet.example",
  ])("%s", async (url) => {
    await expect(abroad(url, get)).rejects.toMatchObject({ name: "TransportError", code: "blocked" });
  });
});

describe("a name", () => {
  let port = 0;
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nin");
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(() => server.close());

  it.each([
    ["127.0.0.1"],
    ["::1"],
    ["::ffff:127.0.0.1"],
    ["169.254.169.254"],
    ["fe80::1%eth0"],
    ["10.0.0.1"],
    ["64:ff9b::7f00:1"],
    // One that is public beside it makes it no better.
    ["93.184.215.14", "127.0.0.1"],
    ["2606:2800:21f:cb07:6820:80da:af6b:8b2c", "fd00::1"],
  ])("that resolves to %s %s is not asked", async (...addresses) => {
    const guarded = createGuardedFetch({
      allowLoopback: false,
      privateHosts: [],
      lookup: namesFrom({ "rebind.example": [addresses] }).lookup,
    });
    await expect(guarded(`https://rebind.example:${port}/`, get)).rejects.toMatchObject({ code: "blocked" });
    await guarded.close();
    expect(connections).toBe(0);
  });

  it("is looked up once for each connection, and the address that was judged is the one that is connected to", async () => {
    const listed = namesFrom({ "intranet.example": [["127.0.0.1"], ["203.0.113.1"]] });
    const guarded = createGuardedFetch({ allowLoopback: false, privateHosts: ["intranet.example"], lookup: listed.lookup });
    expect(await (await guarded(`http://intranet.example:${port}/`, get)).text()).toBe("in");
    expect([listed.asked(), connections]).toEqual([1, 1]);
    await guarded.close();
  });

  it("that is public when it is first asked for and private the next time is refused then", async () => {
    // 192.0.2.0/24 would be refused as documentation; this one is public, and nobody here has it.
    const rebinding = namesFrom({ "rebind.example": [["2606:2800:21f:cb07:6820:80da:af6b:8b2c"], ["127.0.0.1"]] });
    const guarded = createGuardedFetch({ allowLoopback: false, privateHosts: [], lookup: rebinding.lookup });
    const before = connections;
    await expect(guarded(`https://rebind.example:${port}/`, { ...get, deadlineMs: 300 })).rejects.toMatchObject({ name: "TransportError" });
    await expect(guarded(`https://rebind.example:${port}/`, get)).rejects.toMatchObject({ code: "blocked" });
    expect([rebinding.asked(), connections]).toEqual([2, before]);
    await guarded.close();
  });
});

describe("a certificate that nobody trusts", () => {
  afterEach(() => vi.unstubAllEnvs());

  it.each(["1", "0"])("is refused, with NODE_TLS_REJECT_UNAUTHORIZED=%s too", async (value) => {
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", value);
    await using hosts = await startHosts("https");
    const host = `127.0.0.1:${hosts.port}`;
    hosts.serve(host, () => new Response("trusted"));
    const guarded = createGuardedFetch({ allowLoopback: true, privateHosts: [] });
    await expect(guarded(`https://${host}/`, get)).rejects.toMatchObject({ code: "not_sent" });
    await guarded.close();
  });
});

describe("the way to a key service", () => {
  it.each([
    ["kms.example", "http://kms.example/", "plain http"],
    ["10.0.0.1", "http://10.0.0.1/", "plain http to a private address"],
    ["kms.example", "https://10.0.0.1/", "another host than the one that was named"],
    ["kms.example", "https://169.254.169.254/latest/meta-data/", "another host's metadata"],
    ["127.0.0.1", "https://10.0.0.1/", "the network, where it was named on this machine"],
  ])("to %s is not %s: %s", async (hostname, url) => {
    await expect(fetchFrom(hostname)(url, get)).rejects.toMatchObject({ name: "TransportError", code: "blocked" });
  });
});

describe("an answer", () => {
  const head = (...fields: string[]) => ["HTTP/1.1 200 OK", "connection: close", ...fields, "", ""].join("\r\n");
  const bomb = Buffer.alloc(50 * mib);
  /** What the server does with a connection, by path. */
  const answers: Record<string, (socket: Socket) => void> = {
    "/silent": () => {},
    "/slow-header": (socket) => drip(socket, "HTTP/1.1 200 OK\r\nx-slow: ", "a"),
    "/slow-body": (socket) => drip(socket, head("content-length: 100000"), "a"),
    "/slow-chunks": (socket) => drip(socket, head("transfer-encoding: chunked"), "1\r\na\r\n"),
    "/early-hints": (socket) => drip(socket, "", "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"),
    "/long-header": (socket) => void socket.end(head(`x-long: ${"a".repeat(17 * 1024)}`)),
    "/many-headers": (socket) => void socket.end(head(...Array.from({ length: 5_000 }, (_, number) => `x-${number}: a`))),
    "/endless": (socket) => flood(socket, head()),
    "/endless-chunks": (socket) => flood(socket, head("transfer-encoding: chunked"), `${(64 * 1024).toString(16)}\r\n`, "\r\n"),
    "/large": (socket) => void socket.end(Buffer.concat([Buffer.from(head()), Buffer.alloc(mib + 1)])),
    "/gzip": (socket) => compressed(socket, "gzip", gzipSync(bomb)),
    "/deflate": (socket) => compressed(socket, "deflate", deflateSync(bomb)),
    "/brotli": (socket) => compressed(socket, "br", brotliCompressSync(bomb)),
    "/twice": (socket) => compressed(socket, "gzip, gzip", gzipSync(gzipSync(bomb))),
    "/redirect": (socket) =>
      void socket.end("HTTP/1.1 302 Found\r\nlocation: /just-right\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"),
    "/just-right": (socket) => void socket.end(Buffer.concat([Buffer.from(head(`content-length: ${mib}`)), Buffer.alloc(mib)])),
  };
  const asked: string[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", (data) => {
      const path = data.toString("latin1").split(" ")[1] ?? "";
      asked.push(path);
      answers[path]?.(socket);
    });
  });
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => sockets.add(socket));
  const local = createGuardedFetch({ allowLoopback: true, privateHosts: [] });
  let origin = "";
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await local.close();
  });

  function compressed(socket: Socket, encoding: string, body: Buffer): void {
    socket.end(Buffer.concat([Buffer.from(head(`content-encoding: ${encoding}`)), body]));
  }

  it.each(["/silent", "/slow-header", "/slow-body", "/slow-chunks", "/early-hints"])("%s ends at the deadline", async (path) => {
    const begun = performance.now();
    await expect(local(`${origin}${path}`, { ...get, deadlineMs: 400 })).rejects.toMatchObject({ name: "TransportError" });
    // The machine may be busy; a drip that went on would go on for ever.
    expect(performance.now() - begun).toBeLessThan(4_000);
  });

  it.each(["/long-header", "/many-headers"])("%s is not read", async (path) => {
    await expect(local(`${origin}${path}`, get)).rejects.toMatchObject({ code: "no_answer" });
  });

  it.each(["/endless", "/endless-chunks", "/large", "/gzip", "/deflate", "/brotli", "/twice"])(
    "%s is read no further than 1 MiB",
    async (path) => {
      await expect(local(`${origin}${path}`, get)).rejects.toMatchObject({
        code: "answer_unreadable",
        message: expect.stringContaining("1 MiB"),
      });
    },
  );

  it("of just 1 MiB is read, and a redirect is handed back and not followed", async () => {
    expect((await (await local(`${origin}/just-right`, get)).arrayBuffer()).byteLength).toBe(mib);
    asked.length = 0;
    expect((await local(`${origin}/redirect`, get)).status).toBe(302);
    expect(asked).toEqual(["/redirect"]);
  });
});

describe("every way out", () => {
  it("is the guarded fetch: discovery, token endpoint, keys, userinfo, refresh, revocation and webhooks open no connection beside it", async () => {
    const who = new AsyncLocalStorage<"guarded" | "test">();
    const opened: (string | undefined)[] = [];
    const note = () => opened.push(who.getStore());
    const own = createGuardedFetch({ allowLoopback: true, privateHosts: [] });
    const asked = new Set<string>();
    const issuerOf = ({ issuer, client }: Sandbox) => ({ ...client, provider: { issuer }, scopes: ["openid", "email", "offline_access"] });
    await using evergrant = await start({
      config: (sandbox) => ({ providers: { sandbox: issuerOf(sandbox) } }),
      app: {
        fetch: (url, init) => {
          asked.add(new URL(url).pathname);
          return who.run("guarded", () => own(url, init));
        },
      },
    });
    await using receiver = await startReceiver(evergrant.clock);
    await evergrant.api.webhooks.create.mutate({ url: receiver.url });

    subscribe("net.client.socket", note);
    try {
      const browser = openBrowser((request) =>
        request.url.startsWith(evergrant.publicUrl) ? evergrant.app.fetch(request) : who.run("test", () => fetch(request)),
      );
      const { callback } = await reachCallback(evergrant, { browser });
      expect((await land(browser, callback)).status).toBe(200);
      const [connection] = (await evergrant.api.connections.list.query({})).connections;
      evergrant.clock.advanceTo(connection?.expiresAt ?? null);
      const connectionId = connection?.id ?? "";
      expect(await evergrant.api.tokens.get.query({ connectionId })).toMatchObject({ status: "active", generation: 2 });
      await evergrant.api.connections.disconnect.mutate({ connectionId });
      expect((await evergrant.app.deliverDue({ limit: 10, deadlineMs: 5_000 })).delivered).toBeGreaterThan(0);
    } finally {
      unsubscribe("net.client.socket", note);
      await own.close();
    }
    expect([...asked].toSorted()).toEqual([
      "/.well-known/openid-configuration",
      "/hooks/evergrant",
      "/jwks",
      "/token",
      "/token/revocation",
      "/userinfo",
    ]);
    expect(new Set(opened)).toEqual(new Set(["test", "guarded"]));
  });
});

/** Sends `before`, and then a little for ever. */
function drip(socket: Socket, before: string, again: string): void {
  socket.write(before);
  const timer = setInterval(() => socket.write(again), 20);
  socket.on("close", () => clearInterval(timer));
}

/** Sends `before`, and then as much as the other end takes. */
function flood(socket: Socket, before: string, ahead = "", behind = ""): void {
  const piece = Buffer.concat([Buffer.from(ahead), Buffer.alloc(64 * 1024), Buffer.from(behind)]);
  const more = () => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on("drain", more);
  socket.write(before);
  more();
}
