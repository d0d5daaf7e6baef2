import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LinearSdk } from "@linear/sdk";
import type { Client as GraphClient } from "@microsoft/microsoft-graph-client";
import { Client as McpClient } from "@modelcontextprotocol/sdk/client/index.js";
import type { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Client as NotionClient } from "@notionhq/client";
import type { Octokit } from "@octokit/core";
import type { WebClient } from "@slack/web-api";
import type { AuthClient } from "google-auth-library";
import type { KyInstance } from "ky";
import type { $Fetch } from "ofetch";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { EvergrantClient } from "../src/client.ts";
import { ReauthorizationRequiredError } from "../src/errors.ts";
import { startResourceApi } from "./resource-api.ts";
import { start } from "./start.ts";

/** What the page's recipes export, as their SDKs type it. */
interface Recipes {
  octokitOf(connectionId: string, options: object): Octokit;
  googleAuthOf(connectionId: string): AuthClient;
  slackOf(connectionId: string, options: object): WebClient;
  graphOf(connectionId: string, options: object): GraphClient;
  linearOf(connectionId: string, url: string): LinearSdk;
  notionOf(connectionId: string, options: object): NotionClient;
  mcpTransportOf(connectionId: string, url: string): StreamableHTTPClientTransport;
  kyOf(connectionId: string, options: object): KyInstance;
  ofetchOf(connectionId: string): $Fetch;
}

const root = fileURLToPath(new URL("..", import.meta.url));
let folder = "";
let names: string[] = [];
let world: Awaited<ReturnType<typeof start>>;

beforeAll(async () => {
  world = await start();
  const page = await readFile(join(root, "..", "..", "docs", "sdks.md"), "utf8");
  // Inside the package, where the SDKs are found.
  await mkdir(join(root, ".reports"), { recursive: true });
  folder = await mkdtemp(join(root, ".reports", "sdks-"));
  // In place of the page's own client, that of a test.
  await writeFile(join(folder, "evergrant.js"), "export let evergrant;\nexport const use = (client) => void (evergrant = client);\n");
  const recipes = [...page.matchAll(/^```js ([a-z]+)\n([^]*?)^```/gm)].map(([, name = "", code = ""]) => ({ name, code }));
  names = recipes.map(({ name }) => name);
  for (const { name, code } of recipes) await writeFile(join(folder, `${name}.js`), code);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await world[Symbol.asyncDispose]();
});

async function recipe(name: string, client: EvergrantClient): Promise<Recipes> {
  const { use } = (await import(join(folder, "evergrant.js"))) as { use: (client: EvergrantClient) => void };
  use(client);
  return (await import(join(folder, `${name}.js`))) as Recipes;
}

/** By the recipe's name: makes one long-lived instance, and gives a call by it that names whoever the token is for. */
const sdks: Record<string, (recipes: Recipes, connectionId: string, url: string) => Promise<() => Promise<unknown>>> = {
  octokit: async ({ octokitOf }, id, baseUrl) => {
    const octokit = octokitOf(id, { baseUrl });
    return async () => (await octokit.request("GET /user")).data.login;
  },
  google: async ({ googleAuthOf }, id, url) => {
    const auth = googleAuthOf(id);
    return async () => (await auth.request<{ id: string }>({ url: `${url}/calendar/v3/calendars/primary` })).data.id;
  },
  slack: async ({ slackOf }, id, url) => {
    const slack = slackOf(id, { slackApiUrl: `${url}/api/` });
    return async () => (await slack.auth.test()).user;
  },
  graph: async ({ graphOf }, id, baseUrl) => {
    const graph = graphOf(id, { baseUrl: `${baseUrl}/` });
    return async () => ((await graph.api("/me").get()) as { id: string }).id;
  },
  linear: async ({ linearOf }, id, url) => {
    const linear = linearOf(id, `${url}/graphql`);
    return async () => (await linear.viewer).name;
  },
  notion: async ({ notionOf }, id, baseUrl) => {
    const notion = notionOf(id, { baseUrl });
    return async () => (await notion.users.me({})).id;
  },
  mcp: async ({ mcpTransportOf }, id, url) => {
    const mcp = new McpClient({ name: "test", version: "1" });
    await mcp.connect(mcpTransportOf(id, `${url}/mcp`));
    return async () => (await mcp.listTools()).tools[0]?.name;
  },
  ky: async ({ kyOf }, id, url) => {
    const api = kyOf(id, { retry: 0 });
    return async () => (await api.get<{ id: string }>(`${url}/me`).json()).id;
  },
  ofetch: async ({ ofetchOf }, id, url) => {
    const api = ofetchOf(id);
    return async () => (await api<{ id: string }>(`${url}/me`)).id;
  },
};

it("every recipe of the page is tried", () => expect(names.toSorted()).toEqual(Object.keys(sdks).toSorted()));

it.each(Object.keys(sdks))(
  "%s: one instance makes a call, crosses an expiry, and lives through a revoked and reconnected grant",
  async (name) => {
    await using api = await startResourceApi(new URL("/me", world.sandbox.resourceUrl).href);
    const connectionId = await world.connect("alice");
    const call = await sdks[name]?.(await recipe(name, world.anotherClient()), connectionId, api.url);
    if (call === undefined) throw new Error(`there is no ${name}`);
    const lastShown = () => api.shown.at(-1);

    expect(await call()).toBe("alice");
    const first = lastShown();
    world.passSeconds(3_601);
    expect(await call()).toBe("alice");
    const second = lastShown();
    expect(second).not.toBe(first);
    expect(api.shown).not.toContain(null);

    world.passSeconds(600);
    world.sandbox.revokeGrant({ account: "alice" });
    const { authorizeUrl } = await world.client.connections.authorize({ integration: "sandbox", subject: "alice", connectionId });
    await world.visit(authorizeUrl);
    expect(await call()).toBe("alice");
    // The old token was in memory still: it was refused, and renewed without the SDK.
    expect(api.shown.slice(-2)).toEqual([null, expect.not.stringMatching(second ?? "")]);
  },
);

it("a grant that has ended reaches an SDK's caller as the error that says where to go", async () => {
  await using api = await startResourceApi(new URL("/me", world.sandbox.resourceUrl).href);
  const connectionId = await world.connect("alice");
  const octokit = (await recipe("octokit", world.client)).octokitOf(connectionId, { baseUrl: api.url });
  world.passSeconds(3_601);
  world.sandbox.revokeGrant({ account: "alice" });
  const error = await octokit.request("GET /user").catch((thrown: unknown) => thrown);
  const causes = [error, (error as Error).cause];
  expect(causes.some((each) => each instanceof ReauthorizationRequiredError)).toBe(true);
});
