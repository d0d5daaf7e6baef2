import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseJsonConfig } from "./parse-json-config.ts";

describe("parseJsonConfig", () => {
  it("reads JSON as JSON.parse does", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseJsonConfig(text)).toEqual({ ok: true, input: JSON.parse(text) });
      }),
    );
  });

  it("reports every key that stands twice, with its path and lines", () => {
    const text = `{
      "publicUrl": "https://a.example",
      "integrations": { "oauth": { "providers": {
        "github": { "clientId": "a", "scopes": [] },
        "google-calendar": { "clientId": "b", "clientId": "b" },
        "github": { "clientId": "c" }
      } } },
      "publicUrl": "https://b.example",
      "returnOrigins": [{ "a b": 1, "a b": 2 }]
    }`;
    const parsed = parseJsonConfig(text);
    expect(parsed.ok ? [] : parsed.faults).toEqual([
      expect.objectContaining({ path: "integrations.oauth.providers.google-calendar.clientId", message: "stands twice, in lines 5 and 5" }),
      expect.objectContaining({ path: "integrations.oauth.providers.github", message: "stands twice, in lines 4 and 6" }),
      expect.objectContaining({ path: "publicUrl", message: "stands twice, in lines 2 and 8" }),
      expect.objectContaining({ path: 'returnOrigins[0]["a b"]' }),
    ]);
  });

  it("takes a key for the same however it is escaped", () => {
    expect(parseJsonConfig(String.raw`{ "a": 1, "\u0061": 2 }`).ok).toBe(false);
  });

  it.each([
    '{ "clientSecret": hush-hush }',
    '{ "clientSecret": "hush-hush',
    '{ "a": 1 } "hush-hush"',
    "",
    '{ "a": 1, }',
    "// hush-hush\n{}",
  ])("says where %j stops being JSON, and repeats none of it", (text) => {
    const parsed = parseJsonConfig(text);
    const [fault] = parsed.ok ? [] : parsed.faults;
    expect(fault?.message).toMatch(/^not JSON/);
    expect(JSON.stringify(parsed)).not.toContain("hush");
  });
});
