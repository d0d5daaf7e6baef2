import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import server from "../package.json" with { type: "json" };
import { appRouter } from "../src/router.ts";
import { type Started, start } from "./start.ts";

type Json = null | string | number | boolean | Json[] | { [name: string]: Json };

async function documentOf(evergrant: Started): Promise<Record<string, Json>> {
  const response = await evergrant.app.request("/openapi.json");
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, Json>;
}

/** What a program in another language does: a POST with JSON, and nothing of ours. */
async function post(evergrant: Started, path: string, body: unknown, apiKey = evergrant.apiKey) {
  const response = await evergrant.app.request(`/trpc/${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, answer: (await response.json()) as Json };
}

/** Judges answers by the document alone. */
function judgeBy(document: Record<string, Json>) {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema(document, "document");
  return (path: string, status: number, answer: Json) => {
    const responses = `document#/paths/${path.replaceAll("~", "~0").replaceAll("/", "~1")}/post/responses`;
    const validate = ajv.getSchema(`${responses}/${status}/content/application~1json/schema`);
    if (validate === undefined) throw new Error(`the document has no answer ${status} of ${path}`);
    return validate(answer) === true ? [] : validate.errors;
  };
}

describe("the OpenAPI document", () => {
  it("is there for everybody, and valid by the specification", async () => {
    await using evergrant = await start();
    const document = await documentOf(evergrant);
    expect(await new Validator().validate(document)).toMatchObject({ valid: true });
    expect(document).toMatchObject({ openapi: "3.1.1", info: { version: server.version }, servers: [{ url: evergrant.publicUrl }] });
  });

  it("has every procedure of the router and nothing else under /trpc", async () => {
    await using evergrant = await start();
    const paths = Object.keys((await documentOf(evergrant))["paths"] as Record<string, Json>);
    const procedures = Object.keys(appRouter._def.procedures).map((path) => `/trpc/${path}`);
    expect(paths.filter((path) => path.startsWith("/trpc/")).toSorted()).toEqual(procedures.toSorted());
  });

  it("describes what plain HTTP really answers, failures too", async () => {
    await using evergrant = await start();
    const judge = judgeBy(await documentOf(evergrant));
    const connectionId = await evergrant.connect("alice");
    const cases: [path: string, body: unknown, status: number][] = [
      ["integrations.list", {}, 200],
      ["config.list", {}, 200],
      ["connections.list", {}, 200],
      ["connections.list", { subject: "alice", limit: 1 }, 200],
      ["connections.get", { connectionId }, 200],
      ["scopes.check", { integration: "sandbox", scopes: ["notes:read", "nots:read"] }, 200],
      ["tokens.get", { connectionId }, 200],
      ["tokens.get", { integration: "sandbox", subject: "nobody" }, 200],
      ["tokens.get", { integration: "sandbox", subject: "alice", requireScopes: ["notes:write"] }, 200],
      ["tokens.status", { connectionId }, 200],
      ["events.list", {}, 200],
      ["connections.authorize", { integration: "sandbox", subject: "bob" }, 200],
      ["connections.disconnect", { connectionId }, 200],
    ];
    for (const [path, body, status] of cases) {
      const answered = await post(evergrant, path, body);
      expect(answered.status, path).toBe(status);
      expect(judge(`/trpc/${path}`, status, answered.answer), `${path}: ${JSON.stringify(answered.answer)}`).toEqual([]);
    }
    const nobody = await post(evergrant, "tokens.get", { connectionId }, "nobody's");
    expect(judge("/trpc/tokens.get", nobody.status, nobody.answer)).toEqual([]);
    const refused = await post(evergrant, "tokens.get", { connectionId }, await evergrant.apiKeyFor(["config:read"]));
    expect(refused.status).toBe(403);
    expect(judge("/trpc/tokens.get", 403, refused.answer)).toEqual([]);
  });

  it("refuses an answer that is not as described", async () => {
    await using evergrant = await start();
    const judge = judgeBy(await documentOf(evergrant));
    expect(judge("/trpc/tokens.status", 200, { result: { data: { connectionId: 1 } } })).not.toEqual([]);
  });
});
