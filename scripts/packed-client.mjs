/**
 * The client as its users install it: packed, in an empty folder with neither the server nor Node's types. A small app of theirs must compile
 * there with its literals, and run. Outside dependencies are those of the workspace, so that no registry is asked.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runChild } from "./child.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What a user of the client installs. */
const installed = ["schema", "providers", "client"];

const app = `import { type Session, createClient } from "@evergrant/client";
import { defineConfig, env } from "@evergrant/providers";

const config = defineConfig({
  integrations: {
    oauth: {
      providers: {
        github: { clientId: env("GITHUB_CLIENT_ID"), scopes: ["read:user"], optionalScopes: ["repo"] },
        work: { provider: "slack", clientId: env("SLACK_CLIENT_ID"), scopes: ["users:read"] },
      },
    },
  },
});

const evergrant = createClient<typeof config>({ url: "http://127.0.0.1:4000", apiKey: "evergrant_of_nobody" });

type Id = Parameters<typeof evergrant.connections.authorize>[0]["integration"];
const ids: readonly ["github", "work"] & readonly Id[] = ["github", "work"];
// @ts-expect-error: there is no such integration
const none: Id = "gitlab";

export async function ask(): Promise<string> {
  const answer = await evergrant.tokens.get({ integration: "github", subject: "alice", requireScopes: ["repo"] });
  // @ts-expect-error: the integration declares no such scope
  await evergrant.tokens.get({ integration: "github", subject: "alice", requireScopes: ["users:read"] });
  // @ts-expect-error: no session is for an integration that is not there
  await evergrant.sessions.create({ subject: "alice", integrations: ["gitlab"] });
  const session: Session = await evergrant.sessions.create({ subject: "alice", integrations: ["github"], ttlSeconds: 600 });
  const { apiKey, prefix, subjects } = await evergrant.apiKeys.create({ name: "ci", permissions: ["tokens:read"], subjects: ["alice"] });
  // @ts-expect-error: there is no such permission
  await evergrant.apiKeys.create({ name: "ci", permissions: ["everything"] });
  const [key] = await evergrant.apiKeys.list();
  const used: string | null | undefined = key?.lastUsedAt;
  return [answer.status === "active" ? answer.accessToken : answer.status, session.sessionToken, apiKey, prefix, subjects, used, none].join();
}

console.log(ids.join(), Object.keys(config.integrations).join(), typeof evergrant.fetch);
`;

const compilerOptions = {
  target: "es2023",
  lib: ["es2023", "dom", "dom.iterable"],
  module: "nodenext",
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  types: [],
  outDir: "dist",
};

/**
 * @param {string} scratch the folder where packages lie unpacked, each under its folder's name
 * @returns {Promise<string[]>} faults
 */
export async function judgePackedClient(scratch) {
  const project = join(scratch, "app-of-a-user");
  for (const name of installed) install(join(scratch, name), name, project);
  writeFileSync(join(project, "app.ts"), app);
  writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["app.ts"] }));
  const compiled = await runChild("tsc", ["-p", project], { cwd: project, capture: true });
  if (compiled.code !== 0) return [`packed client: an app does not compile with it\n${compiled.output}`];
  const ran = await runChild(process.execPath, ["dist/app.js"], { cwd: project, capture: true });
  const wanted = "github,work oauth function\n";
  return ran.code === 0 && ran.output === wanted ? [] : [`packed client: an app that uses it does not run\n${ran.output}`];
}

/** Lays a package where an app finds it, with links to what its manifest says it needs, and to nothing else. @param {string} unpacked @param {string} name @param {string} project */
function install(unpacked, name, project) {
  const folder = join(project, "node_modules", "@evergrant", name);
  cpSync(unpacked, folder, { recursive: true });
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  for (const dependency of Object.keys(dependencies).filter((each) => !each.startsWith("@evergrant/"))) {
    const link = join(folder, "node_modules", dependency);
    if (existsSync(link)) continue;
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, "packages", name, "node_modules", dependency), link);
  }
}
