import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { start } from "./start.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));

it("the README's example does what it says: a link to open, and after it what the API answers", async () => {
  await using world = await start();
  const readme = await readFile(join(root, "README.md"), "utf8");
  const example = /^```ts\n([^]*?)^```/m.exec(readme)?.[1] ?? "";
  // Inside the package, where its own name leads to its sources.
  const reports = join(root, ".reports");
  await mkdir(reports, { recursive: true });
  const folder = await mkdtemp(join(reports, "readme-"));
  try {
    const file = join(folder, "example.ts");
    await writeFile(
      file,
      example.replace("http://127.0.0.1:4000", world.publicUrl).replace("http://127.0.0.1:4001/api/notes", world.sandbox.resourceUrl),
    );
    const environment = { PATH: process.env["PATH"], EVERGRANT_API_KEY: world.apiKey };
    const runExample = async () =>
      (await run(process.execPath, ["--conditions=evergrant-source", file], { env: environment })).stdout.trim().split("\n");

    const [link = "", ...nothingElse] = await runExample();
    expect(nothingElse).toEqual([]);
    await world.visit(link);
    expect((await runExample()).slice(1)).toEqual(["{ notes: [ 'Buy milk' ] }"]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
