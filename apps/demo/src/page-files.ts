/**
 * The built page, read once: a few small files.
 */
import { readFileSync, readdirSync } from "node:fs";
import { extname, join, relative } from "node:path";

export interface PageFile {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly type: string;
}

/** Path, such as `/assets/index-1a2b.js` → file. */
export type PageFiles = ReadonlyMap<string, PageFile>;

const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** @throws where the page has not been built. */
export function readPageFiles(folder: string): PageFiles {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const type = types[extname(path)] ?? "application/octet-stream";
      return [`/${relative(folder, path)}`, { body: Uint8Array.from(readFileSync(path)), type }];
    }),
  );
}
