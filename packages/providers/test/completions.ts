/** What an editor offers, asked of TypeScript 6's language service: the version that has one in its API. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import ts from "typescript-6";
import { marked } from "./configs.ts";
import { consumerOptions } from "./published.ts";

/**
 * The names that are offered at the mark of each text.
 *
 * One program for all: it takes longer to load than to ask.
 */
export async function completionsAt(folder: string, texts: readonly string[]): Promise<string[][]> {
  const files = new Map<string, { text: string; offset: number }>();
  for (const [index, text] of texts.entries()) files.set(join(folder, `completion-${index}.ts`), marked(text));
  for (const [file, { text }] of files) await writeFile(file, text);
  const { options } = ts.convertCompilerOptionsFromJson(consumerOptions, folder);
  const { fileExists, readFile, readDirectory, directoryExists, getDirectories, realpath } = ts.sys;
  const service = ts.createLanguageService({
    fileExists,
    readFile,
    readDirectory,
    directoryExists,
    getDirectories,
    ...(realpath && { realpath }),
    getCompilationSettings: () => options,
    getScriptFileNames: () => [...files.keys()],
    getScriptVersion: () => "1",
    getScriptSnapshot: (file) => ts.ScriptSnapshot.fromString(readFile(file) ?? ""),
    getCurrentDirectory: () => folder,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
  });
  const offered = [...files].map(([file, { offset }]) => {
    const entries = service.getCompletionsAtPosition(file, offset, undefined)?.entries ?? [];
    // A key that is no identifier is offered with its quotes.
    return entries.map(({ name }) => name.replace(/^"(.*)"$/, "$1"));
  });
  service.dispose();
  return offered;
}
