/**
 * What the client adds to an app.
 */
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";

/** A module that loads by itself, with what only it needs. */
interface LazyChunk {
  readonly bytes: number;
  readonly modules: readonly string[];
}

/** Minified and gzipped, without `@trpc/client`. */
export interface Size {
  /** Of what loads at first. */
  readonly firstBytes: number;
  readonly firstModules: readonly string[];
  /** By the module that is loaded, such as `event-stream`. */
  readonly lazy: Readonly<Record<string, LazyChunk>>;
}

export async function measureSize(): Promise<Size> {
  await using build = await rolldown({
    input: fileURLToPath(new URL("../src/index.ts", import.meta.url)),
    platform: "browser",
    external: ["@trpc/client"],
    resolve: { conditionNames: ["evergrant-source", "browser", "import", "default"] },
  });
  const { output } = await build.generate({ minify: true });
  const chunks = output.filter((each) => each.type === "chunk");
  const first = chunks.filter(({ isDynamicEntry }) => !isDynamicEntry);
  const lazy = chunks.filter(({ isDynamicEntry }) => isDynamicEntry);
  return {
    firstBytes: gzipSync(first.map(({ code }) => code).join("")).length,
    firstModules: first.flatMap(({ moduleIds }) => moduleIds),
    lazy: Object.fromEntries(lazy.map(({ name, code, moduleIds }) => [name, { bytes: gzipSync(code).length, modules: moduleIds }])),
  };
}
