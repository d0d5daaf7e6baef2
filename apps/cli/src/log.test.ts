import { expect, it } from "vitest";
import { rememberingOutput } from "../test/surroundings.ts";
import { createLog } from "./log.ts";

it("writes JSON lines for machines", () => {
  const output = rememberingOutput();
  createLog(output, { noColor: false }).warn({ integration: "github" }, "not exchanged");
  expect(JSON.parse(output.text())).toMatchObject({
    level: "warn",
    integration: "github",
    msg: "not exchanged",
    time: expect.stringMatching(/Z$/),
  });
});

it("writes short lines for people, without colours where they want none", () => {
  const output = rememberingOutput(true);
  const log = createLog(output, { noColor: true });
  log.info({ connectionId: "con_1" }, "refreshed");
  log.error({ error: "two words" }, "failed");
  const [first, second] = output.text().split("\n");
  expect(first).toMatch(/^\d\d:\d\d:\d\d {2}refreshed {2}connectionId=con_1$/);
  expect(second).toMatch(/^\d\d:\d\d:\d\d {2}error failed {2}error="two words"$/);
});

it("lets no provider's words steer the terminal", () => {
  const output = rememberingOutput(true);
  createLog(output, { noColor: true }).info({ error: "\u001b[2J\u009b2Jdone\nnext line" }, "refused");
  expect(output.text().trimEnd()).toMatch(/^[\x20-\x7e]+$/);
});
