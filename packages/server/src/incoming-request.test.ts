import { describe, expect, it } from "vitest";
import { incomingRequests, requestToTarget } from "./incoming-request.ts";

const get = (url: string) => new Request(url);

describe("an incoming request", () => {
  it.each([
    ["https://evergrant.example", "https://evergrant.example/trpc/tokens.get?batch=1", "/trpc/tokens.get?batch=1"],
    ["https://evergrant.example", "https://evergrant.example", "/"],
    ["https://app.example/evergrant", "https://app.example/evergrant/trpc/a?b=/evergrant/", "/trpc/a?b=/evergrant/"],
    ["https://app.example/evergrant/", "https://app.example/evergrant/trpc/a", "/trpc/a"],
    ["https://app.example/evergrant", "https://app.example/trpc/a", "/trpc/a"],
    ["https://app.example/evergrant", "https://app.example/evergrant", "/"],
    ["https://app.example/evergrant", "https://app.example/evergrant?a=1", "/?a=1"],
    ["https://app.example/evergrant", "https://app.example/evergrants/trpc", "/evergrants/trpc"],
    ["https://app.example/a", "https://app.example/a//evil.example/", "//evil.example/"],
  ])("of %s at %s asks for %s", (publicUrl, url, target) => {
    const incoming = incomingRequests(publicUrl)(get(url), undefined);
    expect(incoming.target).toBe(target);
    const own = new URL(requestToTarget(incoming).url);
    expect([own.host, own.pathname + own.search]).toEqual([new URL(url).host, target]);
  });

  it("has its header fields from a list as from a Headers object", () => {
    const rawHeaders = ["Host", "evergrant.example", "Accept", "a", "X-Long-Name", "1", "accept", "b", "X-Request-Id", "given-id-1"];
    const headers = Array.from(
      { length: rawHeaders.length / 2 },
      (_, index) => rawHeaders.slice(2 * index, 2 * index + 2) as [string, string],
    );
    const read = incomingRequests("https://evergrant.example");
    const request = new Request("https://evergrant.example/", { headers });
    const listed = read(get("https://evergrant.example/"), { address: "192.0.2.1", rawHeaders });
    const parsed = read(request, undefined);
    for (const name of ["accept", "x-long-name", "authorization", "x-request-id"])
      expect(listed.header(name), name).toBe(parsed.header(name));
    expect(listed.header("accept")).toBe("a, b");
    expect([listed.requestId, listed.address]).toEqual(["given-id-1", "192.0.2.1"]);
    expect([parsed.requestId, parsed.address]).toEqual(["given-id-1", null]);
  });

  it("has an id of ours where the one given is none, or looks like a secret; what else a server hands in is passed over", () => {
    const read = incomingRequests("https://evergrant.example");
    for (const given of ["short", "with a space", `evergrant_${"0".repeat(16)}_${"A".repeat(43)}`]) {
      const request = new Request("https://evergrant.example/", { headers: { "x-request-id": given } });
      expect(read(request, { rawHeaders: "none", address: 7 }).requestId).toMatch(/^req_[\w-]{16}$/);
    }
    expect(read(get("https://evergrant.example/"), { rawHeaders: "none", address: 7 }).address).toBeNull();
  });
});
