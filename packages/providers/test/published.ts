/** The packages as they are published, in a folder of a consumer's: their declarations, and the compilers that read them. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, realpath, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const packagesFolder = fileURLToPath(new URL("../..", import.meta.url));
const installed = join(packagesFolder, "providers", "node_modules");

/** Both are promised to work. */
export const compilers = { "TypeScript 7": "typescript", "TypeScript 6": "typescript-6" } as const;
export type Compiler = keyof typeof compilers;

/** What a consumer's compiler is told. */
export const consumerOptions = {
  target: "es2023",
  module: "nodenext",
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: true,
  noEmit: true,
  types: [],
} as const;

/** One error of the compiler; line and column count from 1. */
export interface CompilerError {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export interface Consumer extends AsyncDisposable {
  readonly folder: string;
  /** All declarations of the providers package, in bytes. */
  readonly declarationBytes: number;
  /** Compiles files of the consumer's, by name, as one program. */
  check(compiler: Compiler, files: Readonly<Record<string, string>>): Promise<Check>;
}

/** What the compiler found, and how much it had to think of. */
export interface Check {
  readonly errors: readonly CompilerError[];
  readonly types: number;
  readonly instantiations: number;
}

/** Emits the declarations into a new folder's node_modules; it goes when the consumer is disposed. */
export async function consumer(): Promise<Consumer> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "evergrant-types-")));
  await mkdir(join(folder, "node_modules"));
  await symlink(await realpath(join(installed, "zod")), join(folder, "node_modules", "zod"));
  await Promise.all(["schema", "providers"].map((name) => emitDeclarations(name, folder)));
  return {
    folder,
    declarationBytes: await sizeOf(join(folder, "node_modules", "@evergrant", "providers", "dist")),
    async check(compiler, files) {
      for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
      const project = join(folder, "tsconfig.json");
      await writeFile(project, JSON.stringify({ compilerOptions: consumerOptions, files: Object.keys(files) }));
      const output = await compile(compiler, ["-p", project, "--extendedDiagnostics", "--pretty", "false"]);
      return { errors: errorsIn(output), types: countIn(output, "Types"), instantiations: countIn(output, "Instantiations") };
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

async function emitDeclarations(name: string, folder: string): Promise<void> {
  const source = join(packagesFolder, name, "src");
  const target = join(folder, "node_modules", "@evergrant", name);
  await mkdir(target, { recursive: true });
  const manifest = { name: `@evergrant/${name}`, type: "module", exports: { ".": { types: "./dist/index.d.ts" } } };
  await writeFile(join(target, "package.json"), JSON.stringify(manifest));
  const project = join(folder, `${name}.json`);
  const compilerOptions = {
    rootDir: source,
    outDir: join(target, "dist"),
    emitDeclarationOnly: true,
    declarationMap: false,
    sourceMap: false,
    inlineSources: false,
    // Sources of the other packages, so that none must have been built.
    customConditions: ["evergrant-source"],
    typeRoots: [join(installed, "@types")],
  };
  const extend = join(packagesFolder, name, "tsconfig.build.json");
  await writeFile(project, JSON.stringify({ extends: extend, compilerOptions, include: [], files: [join(source, "index.ts")] }));
  const output = await compile("TypeScript 7", ["-p", project, "--pretty", "false"]);
  if (output !== "") throw new Error(output);
}

async function compile(compiler: Compiler, options: string[]): Promise<string> {
  const program = join(installed, compilers[compiler], "bin", "tsc");
  // Errors of the program under test end the compiler with another exit code than 0; what it printed is the answer.
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...options]).catch((error: unknown) => {
    if (typeof error === "object" && error !== null && "stdout" in error) return { stdout: String(error.stdout) };
    throw error;
  });
  return stdout;
}

function errorsIn(output: string): CompilerError[] {
  const found = output.matchAll(/^([^\s(][^(]*)\((\d+),(\d+)\): error (.*(?:\n {2}.*)*)/gm);
  return [...found].map(([, file = "", line, column, message = ""]) => ({
    file: basename(file),
    line: Number(line),
    column: Number(column),
    message,
  }));
}

function countIn(output: string, name: string): number {
  const [, count] = new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(output) ?? [];
  if (count === undefined) throw new Error(`the compiler counted no ${name}:\n${output}`);
  return Number(count);
}

async function sizeOf(folder: string): Promise<number> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(files.filter((file) => file.isFile()).map((file) => stat(join(file.parentPath, file.name))));
  return sizes.reduce((sum, { size }) => sum + size, 0);
}
