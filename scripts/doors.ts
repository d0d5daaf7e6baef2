/** One door per dependency: the table of which file may import which outside package, and the lint overrides that hold it. */
import type { DummyRuleMap, OxlintOverride } from "oxlint";

/** A package's sources. What is neither open nor behind a door may not be imported there at all. */
interface Room {
  /** Folder of the sources. */
  readonly folder: string;
  /** Packages that every file may import. */
  readonly open: readonly string[];
  /** Package, or group of packages that come together → the files that may import it; `*` stands for part of a name. */
  readonly doors: Readonly<Record<string, readonly string[]>>;
  /** Files that may ask something of the network by a global, where the others may not; left out, all may. */
  readonly askingByGlobals?: readonly string[];
  /** Packages that every file may import as types, since types leave nothing behind at run time. */
  readonly typesOnly?: readonly string[];
}

/** Ways to the network that are there without an import. */
const networkGlobals = ["fetch", "WebSocket", "WebSocketStream", "EventSource", "XMLHttpRequest"];
/** Modules of Node that open connections, or can be asked to. */
const networkModules = ["node:http", "node:https", "node:http2", "node:net", "node:tls", "node:dgram", "node:dns", "node:inspector"];

const stores = ["*-store.ts"];

const rooms: readonly Room[] = [
  { folder: "packages/schema/src", open: ["zod"], doors: {}, askingByGlobals: [] },
  {
    folder: "packages/providers/src",
    askingByGlobals: [],
    open: ["@evergrant/schema", "zod"],
    doors: { "@humanwhocodes/momoa": ["parse-json-config.ts"] },
  },
  {
    folder: "packages/server/src",
    // A libSQL server is the operator's own database, at the address that they gave it.
    askingByGlobals: ["remote-client.ts"],
    open: ["@evergrant/schema", "@evergrant/providers", "zod", "p-limit"],
    doors: {
      arctic: ["authorization-request.ts"],
      oauth4webapi: ["authorization-response.ts", "authorization-server.ts", "issuer-metadata.ts", "id-token.ts"],
      jose: ["identity-provider.ts", "signing-keys.ts"],
      standardwebhooks: ["webhook-message.ts"],
      undici: ["guarded-fetch.ts"],
      "node:dns": ["guarded-fetch.ts"],
      "node:net": ["guarded-fetch.ts"],
      "@libsql/client": ["database.ts", "file-client.ts", "remote-client.ts", "busy-guard.ts", "migrate.ts"],
      libsql: ["file-client.ts", "busy-guard.ts"],
      "drizzle-orm": ["connection-status.ts", "database.ts", "hot-query.ts", "tables.ts", "migrate.ts", "migrations/*.ts", ...stores],
      "node:async_hooks": ["acting.ts"],
      "node:crypto": [
        "vault.ts",
        "aes-gcm.ts",
        "ciphertext.ts",
        "key-encryption-key.ts",
        "data-key.ts",
        "hkdf.ts",
        "callers.ts",
        "digests.ts",
      ],
      "node:fs": ["database.ts", "secret-file.ts", "wal-index.ts"],
      "node:os": ["secret-file.ts"],
      "@aws-sdk/client-kms": ["aws-kms-key.ts"],
      "node:path": ["database.ts"],
      "node:url": ["database.ts"],
      "node:timers": ["database.ts", "busy-guard.ts"],
      "@trpc/server": ["trpc.ts", "procedures/*.ts", "errors.ts", "http-trpc.ts", "http-calls.ts", "call-procedure.ts"],
      "@hono/trpc-server": ["http-trpc.ts"],
      hono: ["app.ts", "http-*.ts", "pages.ts"],
      "zod-openapi": ["openapi.ts"],
      "prom-client": ["metrics.ts"],
      "rate-limiter-flexible": ["rate-limits.ts"],
      "node:process": ["metrics.ts"],
    },
  },
  {
    folder: "packages/client/src",
    open: ["@evergrant/schema", "@trpc/client"],
    doors: { "eventsource-parser": ["event-stream.ts"] },
    typesOnly: ["@evergrant/server", "@trpc/server"],
  },
  {
    folder: "packages/react/src",
    open: ["@evergrant/client", "react", "@tanstack/react-query"],
    doors: {
      "@trpc/client": ["queries.ts"],
      "@trpc/server": ["queries.ts", "browser-router.ts"],
      "@trpc/tanstack-react-query": ["queries.ts"],
    },
    typesOnly: ["@evergrant/schema"],
  },
  {
    folder: "packages/sandbox/src",
    open: ["hono", "oidc-provider", "zod", "node:*"],
    doors: {},
  },
  {
    folder: "apps/cli/src",
    // What the commands ask their own server by is handed in, and has its type here.
    askingByGlobals: ["surroundings.ts"],
    open: ["@evergrant/*", "@hono/node-server", "commander", "pino", "zod", "node:*"],
    doors: {
      ...Object.fromEntries(networkModules.map((name) => [name, []])),
      // It answers there, and asks nobody.
      "node:http": ["http-door.ts", "client-address.ts"],
      "node:net": ["client-address.ts"],
      "node:process": ["env.ts", "main.ts"],
      "proxy-addr": ["client-address.ts"],
    },
  },
  {
    folder: "apps/demo/src",
    open: ["@evergrant/*", "evergrant", "node:*"],
    doors: { hono: ["backend.ts", "sign-in.ts"] },
  },
  {
    folder: "apps/demo/page",
    open: ["@evergrant/react", "@tanstack/react-query", "react", "react-dom"],
    doors: {},
    typesOnly: ["@evergrant/schema"],
  },
];

/** Tests may bring any package as a second opinion; only the walls between packages hold for them too. */
export const testFiles = ["**/*.test.ts", "**/*.test.tsx", "**/*.test-d.ts", "**/*.spec.ts", "**/test/**"];

/** What no package may do, tests included: import an app, or reach into another package past its exports. */
const walls = [
  { group: ["evergrant", "evergrant/**", "@evergrant/demo"], message: "Packages never import apps." },
  {
    regex: "^(\\.\\./)+(packages|apps|schema|providers|server|client|react|sandbox)/",
    message: "Import another package by its name: what it exports is its promise.",
  },
];

/** The lint overrides that hold the table; a later one replaces an earlier one for the files that it names. */
export const doorOverrides: OxlintOverride[] = [
  { files: ["**/*"], rules: globalsWith([]) },
  { files: ["packages/**/*.{ts,tsx}"], rules: { "no-restricted-imports": ["error", { patterns: walls }] } },
  ...rooms.flatMap(({ folder, askingByGlobals }) =>
    askingByGlobals === undefined
      ? []
      : [
          {
            files: [`${folder}/**/*.ts`],
            excludeFiles: [...testFiles, ...askingByGlobals.map((file) => `${folder}/${file}`)],
            rules: globalsWith(networkGlobals),
          },
        ],
  ),
  ...rooms.flatMap((room) => [
    { files: [`${room.folder}/**/*.{ts,tsx}`], excludeFiles: testFiles, rules: closed(room, []) },
    ...doorFiles(room).map((file) => ({
      files: [`${room.folder}/${file}`],
      excludeFiles: testFiles,
      rules: closed(room, openedBy(room, file)),
    })),
  ]),
];

/** Restricts `process` and these globals, under any of the global object's names too. */
function globalsWith(network: readonly string[]): DummyRuleMap {
  const globals = [
    { name: "process", message: "Hand it in: only apps/cli/src/env.ts and main.ts look at the process." },
    ...network.map((name) => ({ name, message: "Ask by the guarded fetch: the table in scripts/doors.ts says who may ask otherwise." })),
  ];
  return { "no-restricted-globals": ["error", { checkGlobalObject: true, globals }] };
}

/** Every file of the table, those with a `*` first: a file named in full has its own doors and those of the pattern it fits. */
function doorFiles(room: Room): string[] {
  const files = [...new Set(Object.values(room.doors).flat())];
  return files.toSorted((a, b) => Number(b.includes("*")) - Number(a.includes("*")));
}

function openedBy(room: Room, file: string): string[] {
  const doors = Object.entries(room.doors).filter(([, files]) => files.some((pattern) => fits(file, pattern)));
  return doors.map(([name]) => name);
}

function fits(file: string, pattern: string): boolean {
  const [before = "", after] = pattern.split("*");
  return after === undefined ? file === pattern : file.startsWith(before) && file.endsWith(after);
}

/** Closes files of a room to every package but its open ones and their own doors. Relative paths stay open; import/no-cycle watches those. */
function closed({ folder, open, doors, typesOnly = [] }: Room, ownDoors: readonly string[]): DummyRuleMap {
  const wall = folder.startsWith("packages/") ? walls : [];
  const paths = typesOnly.map((name) => ({ name, allowTypeImports: true, message: `Here ${name} is for \`import type\` only.` }));
  const shut = Object.keys(doors).filter((name) => !ownDoors.includes(name));
  const outside = {
    // As in .gitignore the last match wins. What is for types alone is let through here and told by `paths`.
    group: ["*", "!./**", "!../**", ...without([...open, ...typesOnly, ...ownDoors]), ...withParts(shut)],
    message: `Not open to this file: the table in scripts/doors.ts says which file of ${folder} has the door to this package.`,
  };
  return { "no-restricted-imports": ["error", { paths, patterns: [...wall, outside] }] };
}

/** Packages and what they export beside their root, `hono` and `hono/cookie`. */
function withParts(names: readonly string[]): string[] {
  return names.flatMap((name) => [name, `${name}/**`]);
}

function without(names: readonly string[]): string[] {
  return withParts(names).map((pattern) => `!${pattern}`);
}
