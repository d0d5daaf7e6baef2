import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { makeSurroundings } from "../test/surroundings.ts";
import { findServer } from "./find-server.ts";

let workingFolder: string;
beforeEach(() => {
  workingFolder = mkdtempSync(join(tmpdir(), "evergrant-place-"));
  mkdirSync(join(workingFolder, ".evergrant"));
  writeFileSync(join(workingFolder, ".evergrant/api-key"), "key-of-a-development-server\n");
});
afterEach(() => rmSync(workingFolder, { recursive: true }));

const find = (variables: Record<string, string> = {}, url?: string) =>
  findServer({ url, config: undefined }, makeSurroundings(variables, { workingFolder }).surroundings);

it("asks the development server at the usual place, with the key that it made", async () => {
  expect(await find()).toMatchObject({ url: "http://127.0.0.1:4000", apiKey: "key-of-a-development-server" });
  expect(await find({ EVERGRANT_PORT: "4100" })).toMatchObject({ url: "http://127.0.0.1:4100" });
});

it("takes --url before EVERGRANT_URL before EVERGRANT_PUBLIC_URL before the config", async () => {
  writeFileSync(join(workingFolder, "evergrant.config.json"), '{ "publicUrl": "http://localhost:1" }');
  expect((await find()).url).toBe("http://localhost:1");
  const variables = { EVERGRANT_PUBLIC_URL: "http://localhost:2" };
  expect((await find(variables)).url).toBe("http://localhost:2");
  expect((await find({ ...variables, EVERGRANT_URL: "http://localhost:3" })).url).toBe("http://localhost:3");
  expect((await find({ ...variables, EVERGRANT_URL: "http://localhost:3" }, "http://localhost:4")).url).toBe("http://localhost:4");
});

it("shows a development key to this machine alone", async () => {
  await expect(find({}, "https://evergrant.example.com")).rejects.toMatchObject({ code: "keys_missing" });
  const key = { EVERGRANT_API_KEY: "0123456789abcdef" };
  expect(await find(key, "https://evergrant.example.com")).toMatchObject({ apiKey: "0123456789abcdef", keyFrom: "EVERGRANT_API_KEY" });
});
