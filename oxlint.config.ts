/** The lint rules of the repository. Which file may import which package stands in scripts/doors.ts. */
import { defineConfig } from "oxlint";
import { doorOverrides, testFiles } from "./scripts/doors.ts";

const configFiles = ["**/*.config.ts", "vitest.shared.ts", "**/.vitepress/config.ts", "**/.vitepress/theme/index.ts"];

/** Programs speak to a person and read their surroundings; packages are handed both. */
const programs = ["apps/demo/src/**", "apps/bench/**", "scripts/**"];

export default defineConfig({
  plugins: ["eslint", "typescript", "unicorn", "oxc", "import", "node", "promise", "vitest"],
  categories: { correctness: "error", suspicious: "error", perf: "error" },
  options: { typeAware: true, denyWarnings: true, reportUnusedDisableDirectives: "error" },
  ignorePatterns: ["**/dist/**", "**/.reports/**"],
  rules: {
    "typescript/no-explicit-any": "error",
    "typescript/no-non-null-assertion": "error",
    "typescript/no-floating-promises": "error",
    "typescript/no-misused-promises": "error",
    "typescript/no-require-imports": "error",
    "typescript/consistent-type-imports": "error",
    "typescript/no-import-type-side-effects": "error",
    "typescript/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
    "typescript/only-throw-error": "error",
    "typescript/ban-ts-comment": "error",
    "import/no-cycle": "error",
    "import/no-default-export": "error",
    "import/no-unassigned-import": ["error", { allow: ["**/*.css"] }],
    "unicorn/prefer-node-protocol": "error",
    "oxc/no-barrel-file": ["error", { threshold: 0 }],
    "unicorn/filename-case": ["error", { case: "kebabCase" }],
    eqeqeq: ["error", "always", { null: "ignore" }],
    "no-console": "error",
    // The second argument says which of many cases failed.
    "vitest/valid-expect": ["error", { maxArgs: 2 }],
    // tRPC keeps a router's procedures and its configuration there, and nowhere else.
    "no-underscore-dangle": ["error", { allow: ["_def", "_config"] }],
    // tRPC would put these into the URL of an event stream, and a URL ends up in access logs.
    "id-denylist": ["error", "connectionParams"],
    // Retries and pages go one after the other on purpose.
    "no-await-in-loop": "off",
    // Objects here are made by functions and have no `this` to lose.
    "typescript/unbound-method": "off",
    // Tastes that this code does not share.
    "oxc/no-map-spread": "off",
    "unicorn/consistent-function-scoping": "off",
    "import/no-named-as-default": "off",
    "typescript/consistent-return": "off",
    "typescript/no-unsafe-type-assertion": "off",
  },
  overrides: [
    ...doorOverrides,
    { files: ["apps/**"], rules: { "no-console": "off" } },
    { files: ["apps/cli/src/env.ts"], rules: { "no-restricted-globals": "off" } },
    { files: ["apps/cli/src/main.ts"], rules: { "no-restricted-globals": "off", "node/no-process-env": "error" } },
    { files: [...programs, ...testFiles, ...configFiles], rules: { "no-console": "off", "no-restricted-globals": "off" } },
    // What tests share builds titles and blocks for them; the rules know only finished ones.
    {
      files: ["**/test/**/*.ts"],
      excludeFiles: ["**/*.test.ts", "**/*.spec.ts"],
      rules: { "vitest/valid-title": "off", "vitest/valid-describe-callback": "off" },
    },
    { files: configFiles, rules: { "import/no-default-export": "off" } },
  ],
});
