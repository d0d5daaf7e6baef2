/**
 * The sandbox's controls over HTTP, for tests and people in another process: faults, state, reset, revocation.
 * Only for this machine: not bound elsewhere, a Host that is a loopback name, and JSON, which no web page may post across origins unasked.
 */
import { Hono, type Context } from "hono";
import { z } from "zod";
import { SandboxError } from "./errors.ts";
import { faultShape } from "./faults.ts";
import type { Sandbox } from "./sandbox.ts";

/** One fault or a list of them. Not a union, whose errors would not say which member is wrong. */
const faultsShape = z.preprocess((value) => [value].flat(), z.array(faultShape));
const revokeShape = z.union([z.strictObject({ account: z.string() }), z.strictObject({ refreshToken: z.string() })]);
const accountShape = z.strictObject({ id: z.string().min(1), label: z.string().min(1).optional() });
const redirectUriShape = z.strictObject({ uri: z.string(), clientId: z.string().optional() });

/** What the controls reach. */
export type Controlled = Pick<
  Sandbox,
  "issuer" | "faults" | "grants" | "livingGrants" | "counters" | "reset" | "revokeGrant" | "setAccount" | "registerRedirectUri"
>;

/** The routes under `/sandbox`. */
export function createControl(sandbox: Controlled, countTrap: () => void): Hono {
  const app = new Hono();

  app.use("/sandbox/*", async (c, next) => {
    if (c.req.path === trapPath) return next();
    if (!isLoopback(c.req.header("host"))) return c.json({ error: "Ask by a loopback name, such as 127.0.0.1." }, 403);
    if (c.req.method === "POST" && !/^application\/json\b/.test(c.req.header("content-type") ?? ""))
      return c.json({ error: "Send JSON, with its content-type." }, 415);
    return next();
  });
  app.post("/sandbox/faults", async (c) => {
    const faults = await bodyOf(c, faultsShape);
    if (faults instanceof Response) return faults;
    sandbox.faults.add(...faults);
    return c.json({ waiting: sandbox.faults.waiting() }, 201);
  });
  app.get("/sandbox/state", (c) =>
    c.json({
      issuer: sandbox.issuer,
      grants: sandbox.grants(),
      livingGrants: sandbox.livingGrants(),
      counters: sandbox.counters(),
      faults: sandbox.faults.waiting(),
    }),
  );
  app.post("/sandbox/reset", (c) => {
    sandbox.reset();
    return c.json({ reset: true });
  });
  app.post("/sandbox/revoke", async (c) => {
    const target = await bodyOf(c, revokeShape);
    return target instanceof Response ? target : c.json({ revoked: sandbox.revokeGrant(target) });
  });
  app.post("/sandbox/account", async (c) => {
    const account = await bodyOf(c, accountShape);
    return account instanceof Response ? account : c.json(sandbox.setAccount(account.id, account.label));
  });
  app.post("/sandbox/redirect-uris", async (c) => {
    const registration = await bodyOf(c, redirectUriShape);
    if (registration instanceof Response) return registration;
    sandbox.registerRedirectUri(registration.uri, registration.clientId);
    return c.json({ registered: registration.uri }, 201);
  });
  // Where redirects lead: it answers as a token endpoint would, so that a client that follows is caught believing it.
  app.all(trapPath, (c) => {
    countTrap();
    return c.json({ access_token: "from-the-trap", token_type: "Bearer", expires_in: 3600 });
  });
  app.onError((error, c) =>
    c.json({ error: error instanceof SandboxError ? error.message : "The sandbox failed." }, error instanceof SandboxError ? 400 : 500),
  );
  return app;
}

/** A path on this server that is reached by another name, and so on another origin. */
export const trapPath = "/sandbox/trap";

/** @returns the parsed body, or the 400 that says what is wrong with it. */
async function bodyOf<Shape extends z.ZodType>(c: Context, shape: Shape): Promise<z.output<Shape> | Response> {
  const parsed = shape.safeParse(await c.req.json().catch(() => undefined));
  return parsed.success ? parsed.data : c.json({ error: z.prettifyError(parsed.error) }, 400);
}

function isLoopback(host = ""): boolean {
  return /^(127(\.\d{1,3}){3}|localhost|\[::1\])(:\d+)?$/.test(host);
}
