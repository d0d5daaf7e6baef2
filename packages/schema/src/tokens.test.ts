import { describe, expect, it } from "vitest";
import { tokenAnswerShape, tokensGetInput } from "./tokens.ts";

describe("tokensGetInput", () => {
  it.each([
    { connectionId: "con_0123456789" },
    { connectionId: "con_0123456789", integration: "github", minValiditySeconds: 60, requireScopes: ["repo"] },
    { integration: "github", subject: "alice" },
    { integration: "github", subject: "alice", accountId: "42" },
  ])("takes %j", (input) => {
    expect(tokensGetInput.parse(input)).toEqual(input);
  });

  it.each([
    {},
    { integration: "github" },
    { subject: "alice" },
    { connectionId: "7" },
    { connectionId: "con_0123456789", minValiditySeconds: -1 },
  ])("refuses %j", (input) => {
    expect(tokensGetInput.safeParse(input).success).toBe(false);
  });
});

describe("tokenAnswerShape", () => {
  it("is a closed set: no answer has a token but the active one", () => {
    const statuses = tokenAnswerShape.options.map((option) => option.shape.status.value);
    expect(statuses).toEqual(["active", "reauthorization_required", "missing_scopes", "not_connected", "unavailable"]);
    const withToken = tokenAnswerShape.options.filter((option) => "accessToken" in option.shape);
    expect(withToken.map((option) => option.shape.status.value)).toEqual(["active"]);
  });
});
