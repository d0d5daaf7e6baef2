import { glob, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { execFile } from "node:child_process";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { sidebar } from "../.vitepress/sidebar.ts";

const run = promisify(execFile);
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const docs = here("../../../docs");

async function pageNames(): Promise<string[]> {
  const names: string[] = [];
  for await (const path of glob("**/*.md", { cwd: docs })) names.push(path.replace(/\.md$/, ""));
  return names.toSorted();
}

it("every page stands in the sidebar once, and every entry has a page", async () => {
  const entries = sidebar.flatMap(({ items }) => items.map(({ link }) => link.slice(1)));
  expect(entries.toSorted()).toEqual((await pageNames()).filter((name) => name !== "index"));
});

it("every TypeScript snippet compiles as it stands", async () => {
  const reports = here("../.reports");
  await mkdir(reports, { recursive: true });
  // Inside this package, so that the workspace's packages are found.
  const folder = await mkdtemp(join(reports, "snippets-"));
  try {
    let count = 0;
    for (const name of await pageNames()) {
      const page = await readFile(join(docs, `${name}.md`), "utf8");
      const snippets = [...page.matchAll(/^( *)```(tsx?)\n([^]*?)^\1```/gm)];
      // The snippets of a page belong together: what calls imports the config that the page declares, or else an ordinary one.
      const place = join(folder, name.replaceAll("/", "-"));
      if (snippets.length === 0) continue;
      await mkdir(place);
      await writeFile(join(place, "evergrant.config.ts"), ordinaryConfig);
      for (const [index, [, , language = "ts", code = ""]] of snippets.entries()) {
        const file = code.includes("defineConfig(") ? "evergrant.config.ts" : `snippet-${index}.${language}`;
        await writeFile(join(place, file), code);
        count += 1;
      }
    }
    expect(count).toBeGreaterThan(6);
    await writeFile(
      join(folder, "tsconfig.json"),
      JSON.stringify({
        extends: "../../../../tsconfig.base.json",
        compilerOptions: { noEmit: true, types: ["node"], jsx: "react-jsx" },
        include: ["*/*.ts", "*/*.tsx"],
      }),
    );
    const tsc = here("../node_modules/typescript/bin/tsc");
    const faults = await run(process.execPath, [tsc, "-p", folder]).then(
      () => "",
      (error: { stdout: string }) => error.stdout.replaceAll(basename(folder), "docs"),
    );
    expect(faults).toBe("");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

const ordinaryConfig = `import { defineConfig, env } from "@evergrant/providers";
export default defineConfig({
  publicUrl: "https://evergrant.example.com",
  integrations: {
    oauth: {
      providers: {
        github: { clientId: env("GITHUB_CLIENT_ID"), clientSecret: env("GITHUB_CLIENT_SECRET"), scopes: ["read:user"], optionalScopes: ["repo"] },
      },
    },
  },
});
`;
