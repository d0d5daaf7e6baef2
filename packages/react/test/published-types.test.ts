/** The declarations as they are published, tried with the README's code where no server is installed. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));
const compilers = { "TypeScript 7": "typescript", "the oldest TypeScript that is promised": "typescript-6" };
const tscOf = (compiler: string) => join(root, "node_modules", compiler, "bin", "tsc");
/** What its manifest names; the rest of this package's own dependencies is not there. */
const installed = [
  "@evergrant/client",
  "@evergrant/schema",
  "@trpc/client",
  "@trpc/server",
  "@trpc/tanstack-react-query",
  "@tanstack/react-query",
  "react",
  "@types/react",
];
const patienceMs = 120_000;
let folder = "";
let published = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "evergrant-react-"));
  const modules = join(folder, "node_modules");
  published = join(modules, "@evergrant", "react");
  const emit = ["--emitDeclarationOnly", "--declarationMap", "false", "--outDir", join(published, "dist")];
  // Sources of what it depends on instead of their builds, which may not be there.
  const options = ["-p", join(root, "tsconfig.build.json"), "--customConditions", "evergrant-source", ...emit];
  await run(process.execPath, [tscOf("typescript"), ...options]);
  const manifest = JSON.stringify({ name: "@evergrant/react", type: "module", exports: { ".": { types: "./dist/index.d.ts" } } });
  await writeFile(join(published, "package.json"), manifest);
  for (const name of installed) {
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(join(root, "node_modules", name), join(modules, name));
  }
}, patienceMs);
afterAll(() => rm(folder, { recursive: true, force: true }));

it("name nothing that the manifest does not", async () => {
  const files = (await readdir(join(published, "dist"), { recursive: true })).filter((name) => name.endsWith(".d.ts"));
  expect(files).toContain("index.d.ts");
  for (const file of files) {
    const text = (await readFile(join(published, "dist", file), "utf8")).replaceAll(/\/\*[^]*?\*\//g, "");
    const imported = [...text.matchAll(/(?:from|import|import\()\s*["']([^"']+)["']/g)].map(([, name = ""]) => name);
    const outside = imported.filter((name) => !name.startsWith("./")).map((name) => (name.startsWith("react/") ? "react" : name));
    expect(installed).toEqual(expect.arrayContaining(outside));
  }
});

/** What a config is to the client: its scopes under a symbol that nobody else knows. */
const config = `
declare const declared: unique symbol;
declare const config: { readonly [declared]?: { readonly github: "read:user" | "repo" }; readonly integrations: object };
export default config;
`;
const mistakes = `
import { ConnectButton, useConnect } from "@evergrant/react";
// @ts-expect-error no such integration
export const one = () => useConnect("githb");
// @ts-expect-error no such scope
export const two = () => <ConnectButton integration="github" scopes={["gist"]} />;
`;

it.each(Object.entries(compilers))(
  "compile with the README's code, and refuse what is no id and no scope of the registered config: %s",
  async (_name, compiler) => {
    const project = await mkdtemp(join(folder, "project-"));
    const readme = await readFile(join(root, "README.md"), "utf8");
    const blocks = [...readme.matchAll(/^```(tsx?)\n([^]*?)^```/gm)];
    expect(blocks).toHaveLength(2);
    const files = {
      "evergrant.config.ts": config,
      "mistakes.tsx": mistakes,
      ...Object.fromEntries(blocks.map(([, language = "", block = ""], index) => [`readme-${index}.${language}`, block])),
      "tsconfig.json": JSON.stringify({
        compilerOptions: {
          target: "es2023",
          lib: ["es2023", "dom", "dom.iterable"],
          module: "preserve",
          moduleResolution: "bundler",
          jsx: "react-jsx",
          strict: true,
          noEmit: true,
          allowImportingTsExtensions: true,
          skipLibCheck: true,
          customConditions: ["evergrant-source"],
          types: [],
        },
        include: ["."],
      }),
      "package.json": JSON.stringify({ type: "module" }),
    };
    for (const [name, text] of Object.entries(files)) await writeFile(join(project, name), text);
    const faults = await run(process.execPath, [tscOf(compiler), "-p", project]).then(
      () => "",
      (error: { stdout?: string; message: string }) => error.stdout ?? error.message,
    );
    expect(faults).toBe("");
  },
  patienceMs,
);
