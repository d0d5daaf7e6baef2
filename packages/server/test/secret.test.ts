import { inspect } from "node:util";
import { Secret, revealingJson, secretShape } from "@evergrant/schema";
import { expect, it } from "vitest";

const secret = new Secret("hunter2");

it("a Secret prints as redacted in whatever prints it, and shows itself to whoever asks by name", () => {
  const error = new Error("failed", { cause: { secret } });
  const prints = [
    // As a template does, in which the lint refuses it before it runs.
    String(secret),
    String([secret]),
    JSON.stringify({ secret }),
    inspect({ secret }),
    inspect(error, { depth: 9, showHidden: true }),
  ];
  for (const print of prints) expect(print).toContain("[redacted]");
  expect([...prints, JSON.stringify(structuredClone({ secret }))].join()).not.toContain("hunter2");
  expect(secret.reveal()).toBe("hunter2");
});

it("goes into what is sealed in the clear, however deep, and comes out of it as a Secret", () => {
  const json = revealingJson({ tokens: { accessToken: secret, list: [secret], none: null }, count: 1 });
  expect(JSON.parse(json)).toEqual({ tokens: { accessToken: "hunter2", list: ["hunter2"], none: null }, count: 1 });
  expect(secretShape.parse("hunter2").reveal()).toBe("hunter2");
});
