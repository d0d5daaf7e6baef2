/**
 * Reads a config file, TypeScript, JavaScript or JSON, and says where it is at fault when it cannot be read.
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { dirname, extname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseJsonConfig } from "@evergrant/providers";
import { redactText } from "@evergrant/schema";
import { CliError, type Fault } from "./cli-error.ts";
import type { Surroundings } from "./surroundings.ts";

/** A config as it was written; `resolveConfig` judges it. */
export interface LoadedConfig {
  /** Absolute; what faults name. */
  readonly path: string;
  /** The folder of the file: `.evergrant` and a relative database stand beside it. */
  readonly folder: string;
  readonly input: unknown;
  /** What only the text shows: a key that stands twice in JSON. */
  readonly faults: readonly Fault[];
}

/**
 * Loads a config file.
 *
 * @throws {CliError} `config_unreadable`: no JSON, it throws while loading, or it has no default export. Names file and line.
 * @throws {CliError} `node_too_old`: a TypeScript file, and a Node that cannot strip types.
 */
export async function loadConfig(
  path: string,
  node: Pick<Surroundings["node"], "version" | "stripsTypes" | "executable">,
): Promise<LoadedConfig> {
  const folder = dirname(path);
  if (extname(path) === ".json") return { path, folder, ...parseJson(path, (await readText(path)).replace(/^\uFEFF/, "")) };
  if (/^\.[mc]?ts$/.test(extname(path)) && !node.stripsTypes) {
    throw new CliError("node_too_old", `Node ${node.version} cannot load ${path}: it does not strip types`, {
      mend: "run Node 22.18 or newer, or write the config as .mjs or .json",
    });
  }
  const input = defaultExportOf(await importFile(path, node.executable), path);
  return { path, folder, input, faults: [] };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new CliError("config_unreadable", `${path} cannot be read`, { mend: "check that it is a file and that you may read it", cause });
  }
}

function parseJson(path: string, text: string): Pick<LoadedConfig, "input" | "faults"> {
  const parsed = parseJsonConfig(text);
  if (parsed.ok) return { input: parsed.input, faults: [] };
  try {
    // Well-formed with keys that stand twice: the rest is judged all the same, so that all faults come at once.
    return { input: JSON.parse(text), faults: parsed.faults };
  } catch {
    const [fault] = parsed.faults;
    throw new CliError("config_unreadable", `${path} is ${fault?.message ?? "not JSON"}`, { mend: fault?.mend ?? "correct it" });
  }
}

async function importFile(path: string, nodeExecutable: string): Promise<object> {
  try {
    // A file cannot be imported twice, but this process reads its config once.
    const module: unknown = await import(pathToFileURL(path).href);
    return typeof module === "object" && module !== null ? module : {};
  } catch (error) {
    const place = placeOf(error, path) ?? (error instanceof SyntaxError ? await syntaxErrorPlace(path, nodeExecutable) : null) ?? path;
    const words = error instanceof Error ? error.message : String(error);
    throw new CliError("config_unreadable", `${place}: ${redactText(words.split("\n")[0] ?? "")}`, { mend: mendFor(error), cause: error });
  }
}

function defaultExportOf(module: object, path: string): unknown {
  if ("default" in module) return module.default;
  throw new CliError("config_unreadable", `${path} has no default export`, { mend: "write export default defineConfig({ … })" });
}

/** `path:line` of the config itself where the stack passes through it, else of the file that threw; null where no file is named. */
function placeOf(error: unknown, path: string): string | null {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const frames = [...stack.matchAll(/(?<=^|[\s(])(file:\/\/[^\s()]+?|\/[^\s():]+):(\d+)(?::\d+)?(?=\)|\s|$)/gm)].map(
    ([, place = "", line]) => ({
      file: place.startsWith("file:") ? fileURLToPath(place) : place,
      line,
    }),
  );
  const frame = frames.find(({ file }) => file === path) ?? frames[0];
  return frame === undefined ? null : `${frame.file}:${frame.line}`;
}

/** V8 keeps the line of a module's syntax error to itself unless Node prints it. */
function syntaxErrorPlace(path: string, nodeExecutable: string): Promise<string | null> {
  return new Promise((resolve) => {
    execFile(nodeExecutable, ["--check", path], { timeout: 5_000 }, (_error, _stdout, stderr) => {
      const line = /^\S+:(\d+)$/m.exec(stderr)?.[1];
      resolve(line === undefined ? null : `${path}:${line}`);
    });
  });
}

function mendFor(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : null;
  if (code === "ERR_MODULE_NOT_FOUND") return "install what it imports beside the config, or correct the path";
  if (code === "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX")
    return "use only TypeScript that can be erased: no enum, namespace or parameter property";
  return error instanceof SyntaxError ? "correct it there" : 'the config must load without throwing; use env("NAME") for what may be unset';
}
