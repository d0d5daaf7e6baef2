import { describe, expect, it } from "vitest";
import { parseChallenges } from "./www-authenticate.ts";

function read(field: string) {
  return parseChallenges(field).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
}

describe("parseChallenges", () => {
  it.each<[string, [string, Record<string, string>][]]>([
    ["", []],
    ["Bearer", [["bearer", {}]]],
    ['Bearer realm="example"', [["bearer", { realm: "example" }]]],
    ['bEaReR ERROR="invalid_token"', [["bearer", { error: "invalid_token" }]]],
    ["Bearer error=invalid_token", [["bearer", { error: "invalid_token" }]]],
    ['Bearer error = "invalid_token" , scope="a b"', [["bearer", { error: "invalid_token", scope: "a b" }]]],
    ['Bearer realm="a" error="invalid_token"', [["bearer", { realm: "a", error: "invalid_token" }]]],
    [String.raw`Bearer realm="say \"hi\", \\ok", error="x"`, [["bearer", { realm: String.raw`say "hi", \ok`, error: "x" }]]],
    ['Bearer error="first", error="second"', [["bearer", { error: "first" }]]],
    ['Bearer error="unfinished', [["bearer", { error: "unfinished" }]]],
    [", , Bearer ,", [["bearer", {}]]],
    ["Negotiate", [["negotiate", {}]]],
    [
      'Negotiate YIIF/+x==, Basic realm="r"',
      [
        ["negotiate", {}],
        ["basic", { realm: "r" }],
      ],
    ],
    [
      "NTLM TlRMTVNTUAAB, Bearer",
      [
        ["ntlm", {}],
        ["bearer", {}],
      ],
    ],
    [
      'Basic realm="x", Bearer realm="y", error="invalid_token"',
      [
        ["basic", { realm: "x" }],
        ["bearer", { realm: "y", error: "invalid_token" }],
      ],
    ],
    [
      'Newauth realm="apps", type=1, title="Login to \\"apps\\"", Basic realm="simple"',
      [
        ["newauth", { realm: "apps", type: "1", title: 'Login to "apps"' }],
        ["basic", { realm: "simple" }],
      ],
    ],
  ])("%s", (field, challenges) => {
    const found = read(field).map(([scheme, parameters]) => [scheme, scheme === "negotiate" ? {} : parameters]);
    expect(found).toEqual(challenges);
  });

  it("comes to an end with any bytes, and in a time that grows with their number", () => {
    for (const piece of ['"', "\\", '"\\', "=", ",", " ", "a=", 'a="', "é", "\u0000", "Bearer ", 'x="y",']) {
      expect(() => parseChallenges(piece.repeat(20_000))).not.toThrow();
    }
  });
});
