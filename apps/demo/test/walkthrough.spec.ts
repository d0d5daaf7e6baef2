import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { run } from "./program.ts";

const walkthrough = fileURLToPath(new URL("../src/walkthrough.ts", import.meta.url));

it("npm run demo: all eight steps do what they say", async () => {
  await using program = run(walkthrough, []);
  expect(await program.ended(), program.stderr()).toBe(0);
  const steps = [...program.stdout().matchAll(/^ {4}(\d) ([A-Z][a-z-]+)/gm)].map(([, number, title]) => `${number} ${title}`);
  expect(steps).toEqual(["1 Declare", "2 Authorize", "3 Callback", "4 Read", "5 Expire", "6 Refresh", "7 Revoke", "8 Re-authorize"]);
  expect(program.stdout()).not.toContain("✗");
  // Piped, it is plain text.
  expect(program.stdout()).not.toContain("\u001b");
});

it("npm run demo: what this shell is set up for is not touched", async () => {
  // A database that cannot be opened, and production: either would end it.
  await using program = run(walkthrough, [], { env: { EVERGRANT_DATABASE_URL: "libsql://127.0.0.1:9", NODE_ENV: "production" } });
  expect(await program.ended(), program.stderr()).toBe(0);
});
