import { once } from "node:events";
import { type Socket, connect } from "node:net";
import { expect, it } from "vitest";
import { type TrustedProxies, trustedProxiesShape } from "../src/client-address.ts";
import { type Bounds, listen } from "../src/http-door.ts";

type Handle = Parameters<Awaited<ReturnType<typeof listen>>["open"]>[0];

async function openDoor(handle: Handle, settings: { bounds?: Partial<Bounds>; trustedProxies?: TrustedProxies } = {}) {
  const door = await listen({ host: "127.0.0.1", port: 0, ...settings });
  door.open(handle);
  const sockets: Socket[] = [];
  return {
    url: `http://127.0.0.1:${door.port}`,
    /** A client that sends this much and no more. */
    async say(text: string): Promise<Socket> {
      const socket = connect(door.port, "127.0.0.1");
      sockets.push(socket);
      socket.on("error", () => {});
      await once(socket, "connect");
      socket.write(text);
      return socket;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await door.close(0);
    },
  };
}

/** All that a socket hears until it is closed. */
async function heard(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (chunk) => (text += String(chunk)));
  await once(socket, "close");
  return text;
}

const hello: Handle = async () => new Response("hello");
const impatient = { headersTimeoutMs: 200, requestTimeoutMs: 400, checkMs: 50 };

it("a client that sends the head of its request too slowly is told so and cut off, and others are answered meanwhile", async () => {
  await using door = await openDoor(hello, { bounds: impatient });
  const slow = heard(await door.say("GET / HTTP/1.1\r\nhost: x\r\nx-slow: "));
  expect(await (await fetch(door.url)).text()).toBe("hello");
  expect(await slow).toMatch(/^HTTP\/1\.1 408 /);
});

it("a client that sends its body too slowly is cut off, though it always sends a little", async () => {
  await using door = await openDoor(async (request) => new Response(await request.text()), { bounds: impatient });
  const socket = await door.say("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n");
  const drip = setInterval(() => socket.write("x"), 20);
  await heard(socket);
  clearInterval(drip);
  expect(socket.bytesWritten).toBeLessThan(1_000);
});

it.each([
  ["a cookie", `cookie: a=${"b".repeat(17_000)}`],
  ["many fields", Array.from({ length: 1_200 }, (_, index) => `x-field-${index}: a value`).join("\r\n")],
])("a head with %s larger than 16 KiB is refused with 431", async (_what, field) => {
  let isAsked = false;
  await using door = await openDoor(async () => {
    isAsked = true;
    return new Response("hello");
  });
  expect(await heard(await door.say(`GET / HTTP/1.1\r\nhost: x\r\n${field}\r\n\r\n`))).toMatch(/^HTTP\/1\.1 431 /);
  expect(isAsked).toBe(false);
});

it("more connections than the bound are closed, and one that ends makes room", async () => {
  await using door = await openDoor(hello, { bounds: { maxConnections: 2 } });
  const first = await door.say("");
  const second = await door.say("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  await once(second, "data");
  expect(await heard(await door.say("GET / HTTP/1.1\r\nhost: x\r\n\r\n"))).toBe("");
  first.destroy();
  await expect.poll(async () => heard(await door.say("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"))).toContain("hello");
});

it("a stream whose reader reads no more is buffered up to a bound, and then ended", async () => {
  const chunk = new Uint8Array(65_536);
  let pulledBytes = 0;
  let isCancelled = false;
  const endless = () =>
    new ReadableStream({
      pull: (controller) => {
        pulledBytes += chunk.byteLength;
        controller.enqueue(chunk);
      },
      cancel: () => {
        isCancelled = true;
      },
    });
  await using door = await openDoor(async () => new Response(endless(), { headers: { "content-type": "text/event-stream" } }), {
    bounds: { idleTimeoutMs: 300 },
  });
  const socket = await door.say("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  socket.pause();
  await expect.poll(() => isCancelled).toBe(true);
  // What the kernel's own buffers take on both sides, and no more.
  expect(pulledBytes).toBeLessThan(32 * 1024 * 1024);
});

const proxied = async (trustedProxies: TrustedProxies | undefined, forwardedFor: string) => {
  let seen: string | undefined;
  const handle: Handle = async (_request, from) => {
    seen = from?.address;
    return new Response(null, { status: 204 });
  };
  await using door = await openDoor(handle, trustedProxies === undefined ? {} : { trustedProxies });
  await fetch(door.url, { headers: { "x-forwarded-for": forwardedFor } });
  return seen;
};

it.each<[string, string, string | undefined, string]>([
  ["nobody is believed without a list", "203.0.113.7", undefined, "127.0.0.1"],
  ["a proxy out of the list is not believed", "203.0.113.7", "10.0.0.0/8", "127.0.0.1"],
  ["a proxy in the list is", "203.0.113.7", "127.0.0.0/8", "203.0.113.7"],
  ["by name too", "203.0.113.7", "loopback", "203.0.113.7"],
  ["what the client itself wrote before it is not", "1.1.1.1, 203.0.113.7", "loopback", "203.0.113.7"],
  [
    "a chain of them is followed to the first that is not in the list",
    "1.1.1.1, 203.0.113.7, 10.2.3.4",
    "loopback, 10.0.0.0/8",
    "203.0.113.7",
  ],
  ["one proxy by number", "1.1.1.1, 203.0.113.7", "1", "203.0.113.7"],
  ["two by number", "1.1.1.1, 203.0.113.7, 10.2.3.4", "2", "203.0.113.7"],
  ["a port is no part of it", "203.0.113.7:4711", "1", "203.0.113.7"],
  ["nor are brackets", "[2001:db8::7]:4711", "1", "2001:db8::7"],
  ["IPv4 in IPv6 is IPv4", "::ffff:203.0.113.7", "1", "203.0.113.7"],
  ["what is no address is not taken for one", "<script>", "1", "127.0.0.1"],
  ["an empty field says nothing", "", "1", "127.0.0.1"],
])("the client's address behind proxies: %s", async (_what, forwardedFor, setting, address) => {
  expect(await proxied(setting === undefined ? undefined : trustedProxiesShape.parse(setting), forwardedFor)).toBe(address);
});

it.each(["10.0.0.0/33", "proxy.internal", "everybody", "0", "10.0.0.1,", "-1"])("%s is no setting of trusted proxies", (setting) => {
  expect(trustedProxiesShape.safeParse(setting).success).toBe(false);
});
