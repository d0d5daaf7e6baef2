import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

it("every TypeScript snippet of the README compiles as it stands", async () => {
  const readme = await readFile(here("../../../README.md"), "utf8");
  const snippets = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code = ""]) => code);
  expect(snippets.length).toBeGreaterThanOrEqual(3);
  // Inside this package, so that the workspace's packages are found.
  const folder = await mkdtemp(here("../.readme-"));
  try {
    const names = snippets.map((code, index) => (code.includes("defineConfig(") ? "evergrant.config.ts" : `snippet-${index}.ts`));
    await Promise.all(snippets.map((code, index) => writeFile(join(folder, names[index] ?? ""), code)));
    await writeFile(
      join(folder, "tsconfig.json"),
      JSON.stringify({ extends: "../../../tsconfig.base.json", compilerOptions: { noEmit: true, types: ["node"] }, include: ["*.ts"] }),
    );
    const tsc = here("../node_modules/typescript/bin/tsc");
    const compiled = promisify(execFile)(process.execPath, [tsc, "-p", folder]).then(
      () => "",
      (error: { stdout: string }) => error.stdout,
    );
    expect(await compiled).toBe("");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
