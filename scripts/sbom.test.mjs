/** The list of what is shipped is whole, and short. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

it("npm run sbom lists all that the command consists of, with version and licence, and a hash for what comes from outside", () => {
  /** @type {{ scripts: { sbom: string } }} */
  const { scripts } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  const [, , program = "", ...args] = scripts.sbom.split(" ");
  /** @type {{ components: { name: string; group?: string; version: string; licenses: unknown[]; externalReferences?: { type: string; hashes?: unknown[] }[] }[] }} */
  const { components } = JSON.parse(execFileSync(program, args, { encoding: "utf8" }));
  const names = components.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["hono", "drizzle-orm", "libsql", "oauth4webapi", "pino", "zod"]));
  expect(names).not.toContain("vitest");
  expect(components.length).toBeLessThan(100);
  const incomplete = components.filter(({ group, version, licenses, externalReferences = [] }) => {
    const isHashed = externalReferences.some(({ type, hashes = [] }) => type === "distribution" && hashes.length > 0);
    return !/^\d/.test(version) || licenses.length === 0 || (group !== "@evergrant" && !isHashed);
  });
  expect(incomplete.map(({ name }) => name)).toEqual([]);
});
