import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { idAt, nameAt, parseExactly } from "./json-path.ts";

describe("parseExactly", () => {
  it.each([
    ['{"id":9007199254740993}', "9007199254740993"],
    ['{"id":9007199254740992}', "9007199254740992"],
    ['{"id": -123456789012345678901234567890 }', "-123456789012345678901234567890"],
    ['{"id":12345678901,"n":1234567890123456}', "12345678901"],
    ['{"a":"\\"1234567890123456\\\\","id":"1234567890123456"}', "1234567890123456"],
  ])("keeps every digit of an account's id: %s", (text, id) => {
    expect(nameAt(parseExactly(text), "id", 256)).toBe(id);
  });

  it("leaves all else as JSON has it", () => {
    const rest =
      '{"a":[1.2345678901234567890,1e21,12345678901234567890e2,-0.1234567890123456],"b":"x 1234567890123456789 \\\\\\" 1234567890123456789"}';
    expect(parseExactly(rest)).toEqual(JSON.parse(rest));
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.stringMatching(/^\d{16,20}["\\]?$/), (value, digits) => {
        const text = JSON.stringify([digits, value, { [digits]: digits }]);
        const numbers = JSON.parse(text, (_key, each: unknown) =>
          typeof each === "number" && Number.isInteger(each) && /^-?\d{16,}$/.test(JSON.stringify(each)) ? JSON.stringify(each) : each,
        );
        expect(parseExactly(text)).toEqual(numbers);
      }),
    );
    expect(() => parseExactly("{1234567890123456")).toThrow(SyntaxError);
  });
});

it("an id is whole or none: cut short, two of them could be one", () => {
  expect(idAt({ id: "x".repeat(256) }, "id")).toBe("x".repeat(256));
  expect(idAt({ id: "x".repeat(257) }, "id")).toBeNull();
  expect(idAt({ id: 5 }, "id")).toBe("5");
  expect(idAt({}, "id")).toBeNull();
});
