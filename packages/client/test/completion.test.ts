import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import ts from "typescript-6";

const mark = "•";
const declaration = `
import { defineConfig, env } from "@evergrant/providers";
import { createClient } from "../src/index.ts";
const config = defineConfig({ integrations: { oauth: { providers: {
  github: { clientId: env("A"), scopes: ["read:user"], optionalScopes: ["repo"] },
  mail: { provider: "google", clientId: env("B"), scopes: ["https://www.googleapis.com/auth/gmail.readonly"] },
} } } });
const evergrant = createClient<typeof config>({ url: "http://127.0.0.1:4000", apiKey: "a-key" });
`;

/** What an editor offers at the mark, asked of TypeScript 6's language service: the version that has one in its API. */
function offeredAt(line: string): string[] {
  const text = `${declaration}${line.replace(mark, "")}\n`;
  const file = fileURLToPath(new URL("completed.ts", import.meta.url));
  const { config } = ts.readConfigFile(fileURLToPath(new URL("../tsconfig.json", import.meta.url)), ts.sys.readFile) as { config: object };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, fileURLToPath(new URL("..", import.meta.url)));
  const { fileExists, readFile, readDirectory, directoryExists, getDirectories, realpath } = ts.sys;
  const service = ts.createLanguageService({
    fileExists: (path) => path === file || fileExists(path),
    readFile,
    readDirectory,
    directoryExists,
    getDirectories,
    ...(realpath && { realpath }),
    getCompilationSettings: () => options,
    getScriptFileNames: () => [file],
    getScriptVersion: () => "1",
    getScriptSnapshot: (path) => ts.ScriptSnapshot.fromString(path === file ? text : (readFile(path) ?? "")),
    getCurrentDirectory: () => fileURLToPath(new URL("..", import.meta.url)),
    getDefaultLibFileName: ts.getDefaultLibFilePath,
  });
  const entries = service.getCompletionsAtPosition(file, declaration.length + line.indexOf(mark), undefined)?.entries ?? [];
  service.dispose();
  return entries.map(({ name }) => name).toSorted((a, b) => a.localeCompare(b));
}

it(
  "an editor offers the config's integrations, and in requireScopes the scopes that each declares and no others",
  { timeout: 60_000 },
  () => {
    expect(offeredAt(`void evergrant.tokens.get({ subject: "alice", integration: "${mark}" });`)).toEqual(["github", "mail"]);
    expect(offeredAt(`void evergrant.tokens.get({ integration: "github", subject: "alice", requireScopes: ["${mark}"] });`)).toEqual([
      "read:user",
      "repo",
    ]);
    expect(offeredAt(`evergrant.fetch("con_1", { integration: "mail", requireScopes: ["${mark}"] });`)).toEqual([
      "https://www.googleapis.com/auth/gmail.readonly",
    ]);
  },
);
