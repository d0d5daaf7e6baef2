/**
 * Between authorization request and response: who logs in, and what they allow. By two pages for a person, or straight through.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Hono, type Context } from "hono";
import { errors, type InteractionResults, type Provider } from "oidc-provider";
import type { Account, Accounts } from "./accounts.ts";
import type { Clients } from "./clients.ts";
import type { Fault, Operation } from "./faults.ts";
import { consentPage, errorPage, loginPage, type Page } from "./pages.ts";
import { fewerOf, fixedScopes, isSandboxScope, type SandboxScope } from "./scopes.ts";

/** The Node request behind a Hono one: oidc-provider reads the interaction's cookie from it. */
export interface Bindings {
  incoming: IncomingMessage;
  outgoing: ServerResponse;
}

type InteractionContext = Context<{ Bindings: Bindings }>;

interface InteractionOptions {
  provider: Provider;
  accounts: Accounts;
  clients: Clients;
  consent: "page" | "automatic";
  takeFault: (operation: Operation) => Fault | undefined;
}

/** An authorization request that waits for a person. */
interface Pending {
  uid: string;
  clientId: string;
  redirectUri: string;
  loginHint: string | undefined;
  scopes: SandboxScope[];
  /** Who chose an account on the login page. */
  account: Account | undefined;
}

/** The routes under `/interaction`. */
export function createInteraction({ provider, accounts, clients, consent, takeFault }: InteractionOptions): Hono<{ Bindings: Bindings }> {
  const app = new Hono<{ Bindings: Bindings }>();

  const pendingOf = async (c: InteractionContext): Promise<Pending> => {
    const { uid, params, result } = await provider.interactionDetails(c.env.incoming, c.env.outgoing);
    if (uid !== c.req.param("uid")) throw new errors.SessionNotFound("the cookie is another authorization request's");
    const chosen = result?.login?.accountId;
    return {
      uid,
      clientId: String(params.client_id),
      redirectUri: String(params.redirect_uri),
      loginHint: typeof params.login_hint === "string" ? params.login_hint : undefined,
      scopes: typeof params.scope === "string" ? params.scope.split(" ").filter(isSandboxScope) : [],
      account: chosen === undefined ? undefined : accounts.byId(chosen),
    };
  };
  const finish = async (c: InteractionContext, result: InteractionResults) =>
    c.redirect(await provider.interactionResult(c.env.incoming, c.env.outgoing, result, { mergeWithLastSubmission: false }), 303);
  const deny = (c: InteractionContext, error = "access_denied", description = "The resource owner said no.") =>
    finish(c, { error, error_description: description });
  const allow = async (c: InteractionContext, { clientId, scopes }: Pending, { id }: Account, allowed: ReadonlySet<string>) => {
    const granted = scopes.filter((scope) => allowed.has(scope));
    if (granted.every((scope) => scope === "offline_access")) return deny(c);
    // A grant of its own for every consent, so that a family of refresh tokens never dies for another's reuse.
    const grant = new provider.Grant({ accountId: id, clientId });
    grant.addOIDCScope(granted);
    const refused = scopes.filter((scope) => !allowed.has(scope));
    if (refused.length > 0) grant.rejectOIDCScope(refused);
    return finish(c, { login: { accountId: id }, consent: { grantId: await grant.save() } });
  };

  app.get("/interaction/:uid", async (c) => {
    const pending = await pendingOf(c);
    if (pending.account === undefined || c.req.query("account") === "another") {
      const fault = takeFault("authorization");
      if (fault?.kind === "error") return deny(c, fault.error, fault.description);
      if (consent === "automatic") {
        const account = pending.loginHint === undefined ? accounts.chosen() : accounts.byId(pending.loginHint);
        const allowed = fault?.kind === "fewer-scopes" ? (fault.scopes ?? fewerOf(pending.scopes)) : pending.scopes;
        return allow(c, pending, account, new Set(allowed));
      }
      return show(c, await loginPage({ uid: pending.uid, app: clients.nameOf(pending.clientId), loginHint: pending.loginHint }));
    }
    return show(c, await consentPage({ ...pending, account: pending.account, app: clients.nameOf(pending.clientId), fixed: fixedScopes }));
  });
  app.post("/interaction/:uid/login", async (c) => {
    const { uid } = await pendingOf(c);
    const { name } = await c.req.parseBody();
    const account = accounts.byName(typeof name === "string" ? name : "");
    await provider.interactionResult(c.env.incoming, c.env.outgoing, { login: { accountId: account.id } });
    return c.redirect(`/interaction/${uid}`, 303);
  });
  app.post("/interaction/:uid/consent", async (c) => {
    const pending = await pendingOf(c);
    const { decision, scope } = await c.req.parseBody({ all: true });
    if (pending.account === undefined) return c.redirect(`/interaction/${pending.uid}`, 303);
    if (decision !== "allow") return deny(c);
    return allow(c, pending, pending.account, new Set([...fixedScopes, ...[scope ?? []].flat().map(String)]));
  });
  app.onError(async (error, c) => {
    if (!(error instanceof errors.SessionNotFound)) return show(c, await errorPage(`The sandbox itself failed: ${error.message}`), 500);
    return show(
      c,
      await errorPage("This authorization request is over, or began in another browser. Go back to the app and start again."),
      400,
    );
  });
  return app;
}

function show(c: Context, { html, headers }: Page, status: 200 | 400 | 500 = 200): Response {
  return c.html(html, status, headers);
}
