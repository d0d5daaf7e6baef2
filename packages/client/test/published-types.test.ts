/** The declarations as they are published, tried where neither the server nor Node's types nor tRPC are installed. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));
const tsc = join(root, "node_modules", ".bin", "tsc");
/** The compiler reads all of zod's declarations, and two slow cores may be busy with something else. */
const patienceMs = 60_000;
let folder = "";
let published = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "evergrant-client-"));
  published = join(folder, "node_modules", "@evergrant", "client");
  const emit = ["--emitDeclarationOnly", "--declarationMap", "false", "--outDir", join(published, "dist")];
  // Sources of the schema instead of its build, which may not be there.
  await run(tsc, ["-p", join(root, "tsconfig.build.json"), "--customConditions", "evergrant-source", ...emit]);
  const manifest = JSON.stringify({ name: "@evergrant/client", type: "module", exports: { ".": { types: "./dist/index.d.ts" } } });
  await writeFile(join(published, "package.json"), manifest);
  const modules = join(published, "node_modules", "@evergrant");
  await mkdir(modules, { recursive: true });
  await symlink(join(root, "node_modules", "@evergrant", "schema"), join(modules, "schema"));
}, patienceMs);
afterAll(() => rm(folder, { recursive: true, force: true }));

it("name no package but the schema", async () => {
  const files = (await readdir(join(published, "dist"), { recursive: true })).filter((name) => name.endsWith(".d.ts"));
  expect(files).toContain("index.d.ts");
  for (const file of files) {
    const text = (await readFile(join(published, "dist", file), "utf8")).replaceAll(/\/\*[^]*?\*\//g, "");
    const imported = [...text.matchAll(/(?:from|import|import\()\s*["']([^"']+)["']/g)].map(([, name = ""]) => name);
    expect(imported.filter((name) => !name.startsWith("./") && name !== "@evergrant/schema")).toEqual([]);
    expect(text).not.toMatch(/@evergrant\/server|@evergrant\/providers|@trpc|drizzle|\bnode:|reference types/);
  }
});

/** What a config is to the client: its scopes under a symbol that nobody else knows. */
const config = `
declare const declared: unique symbol;
declare const config: { readonly [declared]?: { readonly sandbox: "notes:read"; readonly github: "repo" }; readonly integrations: object };
export default config;
`;

it.each([
  ["a browser's or an edge runtime's", "dom"],
  ["Node's", "node"],
])(
  "compile with the README's code, strictly and with no library left unchecked, in %s surroundings",
  async (_, surroundings) => {
    const project = await mkdtemp(join(folder, "project-"));
    const readme = await readFile(join(root, "README.md"), "utf8");
    const blocks = [...readme.matchAll(/^```ts\n([^]*?)^```/gm)].map(([, block = ""]) => block);
    expect(blocks).toHaveLength(3);
    const environment = "declare const process: { env: Record<string, string | undefined> };";
    const files = {
      "evergrant.config.ts": config,
      ...Object.fromEntries(blocks.map((block, index) => [`readme-${index}.ts`, block])),
      ...(surroundings === "dom" ? { "environment.d.ts": environment } : {}),
      "tsconfig.json": JSON.stringify({
        compilerOptions: {
          target: "es2023",
          lib: surroundings === "dom" ? ["es2023", "dom", "dom.iterable"] : ["es2023"],
          module: "nodenext",
          strict: true,
          exactOptionalPropertyTypes: true,
          noEmit: true,
          allowImportingTsExtensions: true,
          skipLibCheck: false,
          customConditions: ["evergrant-source"],
          types: surroundings === "node" ? ["node"] : [],
          typeRoots: [join(root, "node_modules", "@types")],
        },
        include: ["."],
      }),
      "package.json": JSON.stringify({ type: "module" }),
    };
    for (const [name, text] of Object.entries(files)) await writeFile(join(project, name), text);
    const faults = await run(tsc, ["-p", project]).then(
      () => "",
      (error: { stdout?: string; message: string }) => error.stdout ?? error.message,
    );
    expect(faults).toBe("");
  },
  patienceMs,
);
