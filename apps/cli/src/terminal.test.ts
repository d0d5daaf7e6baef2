import { expect, it } from "vitest";
import { columns, paintFor } from "./terminal.ts";

it("paints for a terminal, and not where it is piped or unwanted", () => {
  expect(paintFor({ isTerminal: true }, { noColor: false })("red", "x")).toBe("\u001b[31mx\u001b[39m");
  expect(paintFor({ isTerminal: false }, { noColor: false })("red", "x")).toBe("x");
  expect(paintFor({ isTerminal: true }, { noColor: true })("red", "x")).toBe("x");
});

it("aligns columns, with nothing behind the last", () => {
  expect(
    columns([
      ["a", "bb", "c"],
      ["aaa", "b", ""],
    ]),
  ).toEqual(["a    bb  c", "aaa  b"]);
});
