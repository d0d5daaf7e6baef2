/** What every package's tests share: sources instead of builds, type tests where they are, and a report that `npm test` counts from. */
import { defineConfig } from "vitest/config";

/** Workspace packages resolve to their sources, so no test waits for a build; the rest are vite's own defaults for each environment. */
const browserConditions = ["evergrant-source", "module", "browser", "development|production"];
/** Without `module`, which Node does not know: what some packages have there only bundlers can read. */
const nodeConditions = ["evergrant-source", "node", "development|production"];

/**
 * A package's vitest configuration.
 *
 * `typeTests` also runs `*.test-d.ts` through the compiler with the package's own tsconfig; `include` says where tests are elsewhere.
 *
 * @example export default vitestConfig({ typeTests: true });
 */
export function vitestConfig({ typeTests = false, include = ["{src,test}/**/*.{test,spec}.ts"] } = {}) {
  return defineConfig({
    resolve: { conditions: browserConditions },
    ssr: { resolve: { conditions: nodeConditions } },
    test: {
      include,
      typecheck: { enabled: typeTests, include: ["{src,test}/**/*.test-d.ts"], tsconfig: "tsconfig.json" },
      // Two slow cores may run two packages at once: a deadline that fits an idle machine would fail there for no fault of the code.
      testTimeout: 60_000,
      hookTimeout: 120_000,
      expect: { poll: { timeout: 20_000 } },
      // What a passing test logs is noise; what a failing one logs is evidence.
      silent: "passed-only",
      reporters: ["default", ["json", { outputFile: ".reports/tests.json" }]],
    },
  });
}
