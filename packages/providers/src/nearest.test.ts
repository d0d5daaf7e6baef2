import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { editDistance, nearest } from "./nearest.ts";

describe("nearest", () => {
  const scopes = [
    "repo",
    "read:user",
    "user:email",
    "Mail.Read",
    "https://api.example/auth/calendar.readonly",
    "https://api.example/auth/calendar",
  ];

  it.each([
    ["read:usr", "read:user"],
    ["raed:user", "read:user"],
    ["mail.read", "Mail.Read"],
    ["user:read", "read:user"],
    ["calendar.readonly", "https://api.example/auth/calendar.readonly"],
    ["calendar.readonyl", "https://api.example/auth/calendar.readonly"],
    ["https://api.example/auth/calendr", "https://api.example/auth/calendar"],
  ])("takes %s for %s", (word, meant) => expect(nearest(word, scopes)[0]).toBe(meant));

  it("finds nothing where nothing is alike", () => {
    expect(nearest("payments:refund", scopes)).toEqual([]);
    expect(nearest("x", scopes)).toEqual([]);
    expect(nearest("repo", [])).toEqual([]);
  });

  it("gives at most three, the closest first, whatever the order of the candidates", () => {
    const candidates = ["chat:writ", "chat:write", "chat:wri", "chat:wrote", "chat:writes"];
    expect(nearest("chat:write", candidates)).toEqual(["chat:write", "chat:writ", "chat:wrote"]);
    expect(nearest("chat:write", candidates.toReversed())).toEqual(["chat:write", "chat:writ", "chat:wrote"]);
  });

  it("gives only candidates, and always the word itself first where it is one", () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 8 }), fc.string({ minLength: 1 }), (others, word) => {
        const found = nearest(word, [...others, word]);
        expect(found[0]?.toLowerCase()).toBe(word.toLowerCase());
        for (const each of found) expect([...others, word]).toContain(each);
      }),
    );
  });
});

describe("editDistance", () => {
  it.each([
    ["", "", 0],
    ["abc", "abc", 0],
    ["abc", "", 3],
    ["abc", "abd", 1],
    ["abc", "acb", 1],
    ["abc", "abxc", 1],
    ["kitten", "sitting", 3],
    ["ca", "abc", 3],
  ])("%s → %s is %i", (a, b, distance) => expect(editDistance(a, b)).toBe(distance));

  it("agrees with its definition", () => {
    const words = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 6 }).map((letters) => letters.join(""));
    fc.assert(
      fc.property(words, words, (a, b) => {
        expect(editDistance(a, b)).toBe(byDefinition(a, b));
      }),
    );
  });
});

/** Optimal string alignment as it is defined, slow and plain. */
function byDefinition(a: string, b: string): number {
  if (a === "" || b === "") return a.length + b.length;
  const replaced = byDefinition(a.slice(1), b.slice(1)) + (a[0] === b[0] ? 0 : 1);
  const best = Math.min(replaced, byDefinition(a.slice(1), b) + 1, byDefinition(a, b.slice(1)) + 1);
  const swap = a.length > 1 && b.length > 1 && a[0] === b[1] && a[1] === b[0];
  return swap ? Math.min(best, byDefinition(a.slice(2), b.slice(2)) + 1) : best;
}
