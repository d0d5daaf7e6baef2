/**
 * What the package adds to a page.
 */
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";

/** Bytes gzipped of what loads at first, without the packages that it stands on; and the modules that load later. */
export async function measureSize(): Promise<{ ownBytes: number; lazyModules: string[] }> {
  await using build = await rolldown({
    input: fileURLToPath(new URL("../src/index.ts", import.meta.url)),
    platform: "browser",
    external: [/^react/, /^@tanstack\//, /^@trpc\//, "@evergrant/client"],
    checks: { moduleLevelDirective: false },
    resolve: { conditionNames: ["evergrant-source", "browser", "import", "default"] },
  });
  const { output } = await build.generate({ minify: true });
  const chunks = output.filter((each) => each.type === "chunk");
  const lazy = chunks.filter(({ isDynamicEntry }) => isDynamicEntry);
  const first = chunks.filter(({ isDynamicEntry }) => !isDynamicEntry);
  return {
    ownBytes: gzipSync(first.map(({ code }) => code).join("")).length,
    lazyModules: lazy.flatMap(({ moduleIds }) => moduleIds),
  };
}
