/**
 * The API for other languages: an OpenAPI 3.1 document of what the router takes and answers over plain HTTP.
 *
 * Made from the router itself, so it cannot name a procedure, field or code that is not there.
 */
import {
  activeAnswerShape,
  connectionViewShape,
  errorCodeShape,
  eventShape,
  integrationSummaryShape,
  integrationViewShape,
  missingScopesAnswerShape,
  notConnectedAnswerShape,
  reauthorizationAnswerShape,
  tokenAnswerShape,
  unavailableAnswerShape,
  webhookViewShape,
} from "@evergrant/schema";
import { z } from "zod";
import { type ZodOpenApiOperationObject, type ZodOpenApiPathsObject, createDocument } from "zod-openapi";
import { authorization } from "./authorization.ts";
import { type AppRouter, appRouter } from "./router.ts";

type Rooms = AppRouter["_def"]["record"];
type ProcedurePath = { [Room in keyof Rooms]: `${Room}.${keyof Rooms[Room] & string}` }[keyof Rooms];

/** The version of the API that the document describes: that of the package. */
const apiVersion = "0.1.0";

/** What each procedure does, in a line; the compiler refuses a gap. */
const summaries = {
  "config.list": "All integrations, with where each is declared; no secret",
  "config.get": "One integration; no secret",
  "config.put": "Declares or changes an integration at run time",
  "config.remove": "Removes an integration that was declared at run time",
  "integrations.list": "What a connect page shows: ids, names, scopes in words",
  "scopes.list": "The scopes that an integration's provider has",
  "scopes.check": "Judges a list of scopes, scope by scope",
  "scopes.ledger": "What was asked for and what was granted, each time that it changed",
  "connections.authorize": "Makes a connect link, where a subject connects an account; stores nothing",
  "connections.confirm": "Makes a finished flow this subject's",
  "connections.list": "Connections, newest first, in pages; never a token",
  "connections.get": "One connection; never a token",
  "connections.disconnect": "Revokes a grant at its provider and forgets the tokens",
  "tokens.get": "A token that is valid now, or why there is none and what to do next; refreshes when due",
  "tokens.refresh": "Says that a resource server refused the token of a generation, and gets a newer one",
  "tokens.status": "Expiry, next refresh and last outcome of a token set; no secret",
  "events.list": "What happened, in the order in which it was committed",
  "events.stream": "What happens, as it happens: server-sent events, resumable by id",
  "sessions.create": "Makes a session for one subject's browser; its token is in the answer and nowhere else",
  "sessions.revoke": "Ends a session, or all of a subject's",
  "subjects.forget": "Revokes all of a subject's grants and erases every row about the subject; audit entries keep a keyed hash",
  "webhooks.create": "Adds a webhook; its secret is in the answer and nowhere else",
  "webhooks.list": "All webhooks",
  "webhooks.update": "Changes a webhook, or enables and disables it",
  "webhooks.remove": "Removes a webhook",
  "webhooks.rotateSecret": "Gives a webhook a new secret; both sign until the old one's time is over",
  "webhooks.deliveries": "What became of a webhook's deliveries",
  "webhooks.replay": "Sends deliveries once more",
  "webhooks.test": "Sends a test message to a webhook",
  "apiKeys.create": "Makes an API key; the key is in the answer and nowhere else",
  "apiKeys.list": "All API keys; never a key",
  "apiKeys.revoke": "Revokes an API key",
  "audit.list": "Who did what, when, from where and with which outcome, newest first.",
  "keys.status": "The data keys, and how many secrets are sealed with each.",
  "keys.rotate": "Adds a data key, or goes on with a rotation, and seals rows anew with it; ask again while `remainingRows` is not 0.",
  "keys.retire": "Removes a data key that nothing needs any more, or says what does.",
} satisfies Record<ProcedurePath, string>;

/** The shapes that client generators should give a name of their own. */
const named = {
  TokenAnswer: tokenAnswerShape,
  ActiveAnswer: activeAnswerShape,
  ReauthorizationRequiredAnswer: reauthorizationAnswerShape,
  MissingScopesAnswer: missingScopesAnswerShape,
  NotConnectedAnswer: notConnectedAnswerShape,
  UnavailableAnswer: unavailableAnswerShape,
  Connection: connectionViewShape,
  Integration: integrationViewShape,
  IntegrationSummary: integrationSummaryShape,
  Event: eventShape,
  Webhook: webhookViewShape,
};

/** How a call fails: the same envelope for every procedure and status. */
const failureShape = z.object({
  error: z.object({
    /** Names the field and the mend. */
    message: z.string(),
    code: z.number().int(),
    data: z.object({
      /** tRPC's name of the HTTP status, such as `NOT_FOUND`. */
      code: z.string(),
      httpStatus: z.number().int(),
      path: z.string().optional(),
      /** Why, for a program; null where the status says it all. */
      reason: errorCodeShape.nullable().optional(),
    }),
  }),
});

const failure = (description: string) => ({ description, content: { "application/json": { schema: { $ref: failureReference } } } });
const failureReference = "#/components/schemas/Failure";

/**
 * Makes the document.
 *
 * @param publicUrl Where the server is reached; without trailing slash.
 * @see https://spec.openapis.org/oas/v3.1.1.html
 */
export function createOpenApiDocument(publicUrl: string): ReturnType<typeof createDocument> {
  const document: Parameters<typeof createDocument>[0] = {
    openapi: "3.1.1",
    info: {
      title: "Evergrant",
      version: apiVersion,
      description:
        "Every call is a POST with a JSON body, and its answer is at `result.data`. What a caller can do about a failure is in `error.message`; `error.data.reason` names it for programs.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: publicUrl }],
    security: [{ credential: [] }],
    tags: [...new Set(procedureShapes().map(({ path }) => roomOf(path)))].map((name) => ({ name })),
    paths: { ...procedurePaths(), ...openPaths },
    components: {
      schemas: { ...named, Failure: failureShape },
      securitySchemes: {
        credential: {
          type: "http",
          scheme: "bearer",
          description: "An API key; for some procedures also a subject's session token, or a JWT of the app's own identity provider.",
        },
      },
    },
  };
  return createDocument(document, { outputIdSuffix: "", override: keepOpen });
}

/** An answer may gain a field, so no generated client may refuse one that it does not know. */
function keepOpen({ jsonSchema, io }: { jsonSchema: { additionalProperties?: unknown }; io: "input" | "output" }): void {
  if (io === "output" && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
}

interface ProcedureShapes {
  readonly path: ProcedurePath;
  readonly kind: "query" | "mutation" | "subscription";
  readonly input: z.ZodType | null;
  readonly output: z.ZodType | null;
}

/** What tRPC keeps of a procedure at run time; its types tell only what is inferred from it. */
interface BuiltProcedure {
  readonly _def: {
    readonly type: ProcedureShapes["kind"];
    readonly inputs: readonly unknown[];
    readonly output?: unknown;
    readonly meta?: { readonly answer?: unknown };
  };
}

/**
 * Every procedure with the shapes that it parses by.
 *
 * @internal Exported for tests.
 */
export function procedureShapes(): ProcedureShapes[] {
  const built = appRouter._def.procedures as unknown as Record<ProcedurePath, BuiltProcedure>;
  return (Object.keys(summaries) as ProcedurePath[]).map((path) => {
    const { type, inputs, output, meta } = built[path]._def;
    return { path, kind: type, input: shapeOf(inputs.at(-1)), output: shapeOf(output ?? meta?.answer) };
  });
}

function shapeOf(parser: unknown): z.ZodType | null {
  return parser instanceof z.ZodType ? parser : null;
}

function roomOf(path: ProcedurePath): string {
  return path.slice(0, path.indexOf("."));
}

function procedurePaths(): ZodOpenApiPathsObject {
  return Object.fromEntries(
    procedureShapes().map((procedure) => [
      `/trpc/${procedure.path}`,
      procedure.kind === "subscription" ? { get: stream(procedure) } : { post: call(procedure) },
    ]),
  );
}

function call(procedure: ProcedureShapes): ZodOpenApiOperationObject {
  const { input, output } = procedure;
  const takesNothing = input === null || input.safeParse({}).success;
  return {
    ...head(procedure),
    ...(input === null ? {} : { requestBody: { required: !takesNothing, content: { "application/json": { schema: input } } } }),
    responses: {
      "200": {
        description: "The answer",
        content: { "application/json": { schema: z.object({ result: z.object({ data: output ?? z.unknown() }) }) } },
      },
      ...refusals,
    },
  };
}

function stream(procedure: ProcedureShapes): ZodOpenApiOperationObject {
  return {
    ...head(procedure),
    parameters: [
      { name: "input", in: "query", required: false, content: { "application/json": { schema: { type: "object" } } } },
      {
        name: "Last-Event-ID",
        in: "header",
        required: false,
        schema: { type: "string" },
        description: "The last id seen: resumes after it",
      },
    ],
    responses: {
      "200": {
        description: "Server-sent events; the data of each is an Event, its id the event's",
        content: { "text/event-stream": { schema: { type: "string" } } },
      },
      ...refusals,
    },
  };
}

function head({ path, kind }: ProcedureShapes) {
  const rule = authorization[path];
  const needs = `Needs the permission \`${rule?.permission ?? "admin"}\`${rule?.session === true ? ", or a subject's session" : ""}.`;
  return {
    operationId: path,
    tags: [roomOf(path)],
    summary: summaries[path],
    description: `${needs}${kind === "mutation" ? " Changes something: do not repeat it blindly." : ""}`,
  };
}

const refusals = {
  "401": failure("No valid credential: the same answer whatever was asked for"),
  "403": failure("The credential lacks the permission"),
  default: failure("Anything else: what to do is in the message"),
};

const text = (description: string) => ({ description, content: { "text/html": { schema: { type: "string" as const } } } });
const state = (description: string) => ({
  description,
  content: { "application/json": { schema: z.object({ status: z.string() }) } },
});

/** What is there without a credential. */
const openPaths: ZodOpenApiPathsObject = {
  "/connect/{link}": {
    get: {
      operationId: "connect",
      summary: "Where a flow starts: for a browser, not for a program",
      security: [],
      parameters: [{ name: "link", in: "path", required: true, schema: { type: "string" } }],
      responses: { "303": { description: "To the provider's authorization endpoint" }, "400": text("The link is damaged or has expired") },
    },
  },
  "/healthz": {
    get: { operationId: "healthz", summary: "Whether the process lives", security: [], responses: { "200": state("It does") } },
  },
  "/readyz": {
    get: {
      operationId: "readyz",
      summary: "Whether it can answer",
      security: [],
      responses: { "200": state("It can"), "503": state("Its database does not answer") },
    },
  },
};
