/** The tests of the scripts. Those of packages run in their folders: `pnpm exec vitest run`, or all through `npm test`. */
import { vitestConfig } from "./vitest.shared.ts";

export default vitestConfig({ include: ["scripts/**/*.test.mjs"] });
