import { readFile } from "node:fs/promises";
import { getTableName } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Rule, authorization } from "../src/authorization.ts";
import { appRouter } from "../src/router.ts";
import * as tables from "../src/tables.ts";
import { openStream } from "./sse.ts";
import { type Knocker, type Known, makeKnockers } from "./walk-callers.ts";
import { type Question, type World, names, near, nothing, openWalkWorld, questions } from "./walk-world.ts";

/** What the table comes to for one caller. `elsewhere`: it may ask, and what is asked about is out of its reach. */
type Verdict = "unauthorized" | "forbidden" | "elsewhere" | "allowed";

const isElsewhere = ({ integrations }: Known) => integrations !== null && !integrations.includes(near);
const isAnothers = ({ subjects }: Known) => subjects !== null && !subjects.includes("anna");

/** The table, read once more and by nobody's code but this. */
function verdictOf(rule: Rule, who: Known | null): Verdict {
  if (who === null) return "unauthorized";
  const { kind, permissions, integrations, subjects } = who;
  if (kind === "session" ? !rule.session : !permissions.includes("admin") && !permissions.includes(rule.permission)) return "forbidden";
  if (rule.concerns === "deployment") return integrations === null && subjects === null ? "allowed" : "forbidden";
  if (rule.concerns === "every_subject" && subjects !== null) return "forbidden";
  return isElsewhere(who) || (rule.concerns === "connections" && isAnothers(who)) ? "elsewhere" : "allowed";
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

const tally = { cells: 0, requests: 0, elsewhere: 0, refused: 0, allowed: 0 };

const bootstrapKey = "a-bootstrap-key-that-is-long-enough-for-anybody";
let world: World;
let knockers: Knocker[];

beforeAll(async () => {
  world = await openWalkWorld(bootstrapKey);
  knockers = await makeKnockers(world, bootstrapKey);
  // Their tokens have grown old with the clock.
  await world.connection();
});
afterAll(() => world[Symbol.asyncDispose]());

/** A call as somebody makes it. `once`: by one of the ways in alone, since each would change something. */
interface Call {
  readonly path: string;
  readonly kind: Question["kind"];
  readonly who: Knocker;
  readonly input: object;
  readonly once?: boolean;
}

/** Goes by every way in to a procedure: they are different code. */
async function ask({ path, kind, who, input, once = false }: Call): Promise<Answer[]> {
  const json = JSON.stringify(input);
  const post = (contentType: string, body = json, query = "") =>
    request(`/trpc/${path}${query}`, { method: "POST", headers: { ...who.headers, "content-type": contentType }, body });
  if (kind === "path") return [await request(path, { headers: who.headers })];
  if (kind === "subscription") return [await firstOf(path, who)];
  if (once) return [await post("application/json")];
  const batched = await post("application/json", `{"0":${json}}`, "?batch=1");
  return [
    await post("application/json"),
    // Not plain, so that tRPC's own adapter answers.
    await post("application/json; charset=utf-8"),
    { ...batched, body: batched.body.replace(/^\[(.*)\]$/, "$1") },
    // The same procedure by another spelling.
    await request(`/trpc/${path.replace(".", "%2E")}`, {
      method: "POST",
      headers: { ...who.headers, "content-type": "application/json" },
      body: json,
    }),
    ...(kind === undefined ? [await request(`/trpc/${path}?input=${encodeURIComponent(json)}`, { headers: who.headers })] : []),
  ];
}

async function request(path: string, init: RequestInit): Promise<Answer> {
  tally.requests += 1;
  const response = await world.evergrant.app.request(path, init);
  return { status: response.status, body: await response.text() };
}

/** A stream's first event, or the answer where there is no stream. */
async function firstOf(path: string, who: Knocker): Promise<Answer> {
  tally.requests += 1;
  const headers = { ...who.headers, accept: "text/event-stream" };
  const response = await world.evergrant.app.request(`/trpc/${path}`, { headers });
  if (response.status !== 200) return { status: response.status, body: await response.text() };
  await response.body?.cancel();
  await using stream = await openStream(world.evergrant.app, who.headers["authorization"]?.slice("Bearer ".length) ?? "");
  return { status: stream.response.status, body: JSON.stringify((await stream.take(1))[0]) };
}

/** All rows, but those that tell of calls: the audit log, and when a key was last used. */
async function stateOf({ evergrant }: World): Promise<Record<string, unknown>> {
  const audits = new Set(Object.keys(tables).filter((name) => name.startsWith("audit")));
  const rows = Object.entries(tables).flatMap(([name, table]) => (audits.has(name) ? [] : [[getTableName(table), table] as const]));
  const state: Record<string, unknown> = {};
  for (const [name, table] of rows) {
    const all = await evergrant.database.orm.select().from(table);
    state[name] = all.map((row) => ("lastUsedAt" in row ? { ...row, lastUsedAt: null } : row));
  }
  return state;
}

/** An answer without what its question named. */
function unnamed({ status, body }: Answer, connectionId: string): Answer {
  return { status, body: [connectionId, ...names].reduce((text, name) => text.replaceAll(name, "…"), body) };
}

interface Cell {
  readonly path: string;
  readonly rule: Rule;
  readonly question: Question;
  readonly who: Knocker;
}

const fault = ({ path, who }: Cell, { status, body }: Answer, instead: string): string =>
  `${path} by ${who.name}: ${instead}, but ${status} ${body}`;

/** What is wrong with the answers to somebody who may not ask. */
async function faultsOfRefusal(cell: Cell, input: object, verdict: "unauthorized" | "forbidden"): Promise<string[]> {
  const [expected, word] = verdict === "unauthorized" ? [401, "UNAUTHORIZED"] : [403, "permission_denied"];
  const answers = await ask({ ...cell, kind: cell.question.kind, input });
  tally.cells += 1;
  tally.refused += 1;
  const wrong = answers.filter(({ status, body }) => status !== expected || !body.includes(word));
  return wrong.map((answer) => fault(cell, answer, `not ${expected}`));
}

/** What is wrong with the answers to somebody who may ask, but not about this: it must be as though it were not there. */
async function faultsElsewhere(cell: Cell, input: object): Promise<string[]> {
  const { question, who } = cell;
  if (who.is === null) throw new Error("nobody is nowhere");
  const connectionId = await world.connection();
  const answers = await ask({ ...cell, kind: question.kind, input });
  tally.cells += 1;
  tally.elsewhere += 1;
  if (question.absent === undefined) {
    const secrets = [connectionId, ...(isElsewhere(who.is) ? [`"${near}"`] : []), ...(isAnothers(who.is) ? [`"anna"`] : [])];
    const wrong = answers.filter(({ status, body }) => status !== 200 || secrets.some((secret) => body.includes(secret)));
    return wrong.map((answer) => fault(cell, answer, `not 200 without ${secrets.join()}`));
  }
  const integration = isElsewhere(who.is) ? nothing.integration : near;
  const subject = isAnothers(who.is) ? nothing.subject : "anna";
  const absent = question.absent({ ...nothing, integration, subject });
  const ofNothing = await ask({ ...cell, kind: question.kind, input: absent });
  const told = (each: Answer | undefined) => (each === undefined ? "" : JSON.stringify(unnamed(each, connectionId)));
  const wrong = answers.filter((answer, index) => told(answer) !== told(ofNothing[index]));
  return wrong.map((answer) => fault(cell, answer, `not ${told(ofNothing[0])}`));
}

/** What is wrong with the answers to somebody who may ask. */
async function faultsOfAnswer(cell: Cell, input: object): Promise<string[]> {
  const { question, rule } = cell;
  const answers = await ask({ ...cell, kind: question.kind, input, once: question.kind === "mutation" });
  tally.cells += 1;
  tally.allowed += 1;
  const present = question.absent === undefined ? await presentIn(rule) : "";
  const wrong = answers.filter(({ status, body }) => status !== 200 || !body.includes(present));
  return wrong.map((answer) => fault(cell, answer, `not 200 with ${present}`));
}

/** What a list has for whoever may see it. */
async function presentIn({ concerns }: Rule): Promise<string> {
  if (concerns === "connections") return world.connection();
  return concerns === "integrations" ? `"${near}"` : "";
}

describe("the authorization table", () => {
  it("has a row for every procedure, and the walk a question for every row", () => {
    const rows = Object.keys(authorization).toSorted();
    expect(rows.filter((path) => !path.startsWith("/"))).toEqual(Object.keys(appRouter._def.procedures).toSorted());
    expect(Object.keys(questions).toSorted()).toEqual(rows);
  });

  it.each(Object.entries(authorization))("%s: every caller is let in or refused as it says", async (path, rule) => {
    const question = questions[path];
    if (question === undefined) throw new Error(`the walk has no valid input for ${path}: add one to walk-world.ts`);
    const cells = knockers.map((who) => ({ path, rule, question, who }));
    const faults: string[] = [];

    // None of those who are refused changes anything, so that one input does for all of them.
    const input = await question.input(world);
    const before = await stateOf(world);
    for (const cell of cells) {
      const verdict = verdictOf(rule, cell.who.is);
      if (verdict === "elsewhere") faults.push(...(await faultsElsewhere(cell, input)));
      else if (verdict !== "allowed") faults.push(...(await faultsOfRefusal(cell, input, verdict)));
    }
    expect(await stateOf(world)).toEqual(before);

    for (const cell of cells) {
      if (verdictOf(rule, cell.who.is) !== "allowed") continue;
      faults.push(...(await faultsOfAnswer(cell, question.kind === "mutation" ? await question.input(world) : input)));
    }
    expect(faults).toEqual([]);
  });

  it("leaves no cell open", () => {
    const { cells, allowed, refused, elsewhere, requests } = tally;
    const rows = Object.keys(authorization).length;
    const open = rows * knockers.length - cells;
    const kinds = `${allowed} allowed, ${refused} refused, ${elsewhere} out of reach`;
    const size = `${rows} procedures and paths by ${knockers.length} callers`;
    console.info(`authorization walk: ${cells} cells (${size}: ${kinds}), ${requests} requests, ${open} open`);
    expect(open).toBe(0);
  });

  it("holds each call of a batch to its own row", async () => {
    const connectionId = await world.connection();
    const headers = { authorization: `Bearer ${await world.evergrant.apiKeyFor(["tokens:read"])}`, "content-type": "application/json" };
    const { status, body } = await request("/trpc/apiKeys.list,tokens.get,connections.list?batch=1", {
      method: "POST",
      headers,
      body: JSON.stringify({ 0: {}, 1: { connectionId }, 2: {} }),
    });
    expect(status).toBe(207);
    expect(JSON.parse(body)).toMatchObject([
      { error: { data: { code: "FORBIDDEN" } } },
      { result: { data: { connectionId } } },
      { error: { data: { code: "FORBIDDEN" } } },
    ]);
  });

  it("is not asked for what is public, and guards all else", async () => {
    for (const headers of [{}, { authorization: "Bearer nobody-knows-this-one" }, { authorization: `Bearer ${world.evergrant.apiKey}` }]) {
      const statuses: Record<string, number> = {};
      for (const path of ["/healthz", "/readyz", "/openapi.json", "/connect/nothing", "/oauth/callback/near"]) {
        statuses[path] = (await request(path, { headers })).status;
      }
      expect(statuses).toEqual({
        "/healthz": 200,
        "/readyz": 200,
        "/openapi.json": 200,
        "/connect/nothing": 400,
        "/oauth/callback/near": 303,
      });
    }
    for (const path of ["/", "/trpc", "/connect", "/oauth", "/metrics/", "/admin", "/.env"]) {
      expect((await request(path, {})).status, path).toBe(401);
    }
  });
});

describe("docs/authorization.md", () => {
  it("prints the table that the code reads; `vitest run test/authorization.spec.ts -u` prints it anew", async () => {
    const file = new URL("../../../docs/authorization.md", import.meta.url);
    const page = await readFile(file, "utf8");
    const rows = Object.entries(authorization).map(
      ([path, { permission, session, concerns }]) =>
        `| \`${path}\` | \`${permission}\` | ${session ? "yes" : "no"} | ${concerns.replace("_", " ")} |`,
    );
    const table = ["| procedure or path | an API key needs | a session may | concerns |", "|---|---|---|---|", ...rows].join("\n");
    const printed = page.replace(/^\| procedure or path [^]*?(?=\n\n)/m, table);
    expect(printed).toContain(table);
    await expect(printed).toMatchFileSnapshot(file.pathname);
  });
});
