/**
 * The pages a person sees: log in, consent, connected apps, and what went wrong. Plain forms; no script, nothing from elsewhere.
 */
import { createHash } from "node:crypto";
import { html, raw } from "hono/html";
import type { Account } from "./accounts.ts";
import { scopeWords, type SandboxScope } from "./scopes.ts";
import type { LivingGrant } from "./living-grant.ts";
import { style } from "./style.ts";

type Html = ReturnType<typeof html>;

/** A finished page and the headers it must travel with. */
export interface Page {
  html: string;
  headers: Record<string, string>;
}

/** Where one says who one is. */
export function loginPage({ uid, app, loginHint = "" }: { uid: string; app: string; loginHint?: string | undefined }): Promise<Page> {
  return page(
    "Log in",
    html`<h1>Log in to the sandbox</h1>
      <p>to go on to <strong>${app}</strong></p>
      <form method="post" action="/interaction/${uid}/login">
        <fieldset>
          <legend>Use an account</legend>
          <div class="row">
            <button class="main" name="name" value="alice" autofocus>Alice</button>
            <button name="name" value="bob">Bob</button>
          </div>
        </fieldset>
      </form>
      <form method="post" action="/interaction/${uid}/login">
        <label for="name">or be anybody</label>
        <input type="text" id="name" name="name" value="${loginHint}" required maxlength="64" autocomplete="off" placeholder="A name" />
        <div class="row"><button>Continue</button></div>
      </form>`,
  );
}

interface Consent {
  uid: string;
  app: string;
  redirectUri: string;
  account: Account;
  scopes: readonly SandboxScope[];
  fixed: readonly SandboxScope[];
}

/** Where one says what an app may do; each scope can be left out but the fixed ones. */
export function consentPage({ uid, app, redirectUri, account, scopes, fixed }: Consent): Promise<Page> {
  const ask = (scope: SandboxScope) =>
    html`<label class="scope">
      <input type="checkbox" name="scope" value="${scope}" checked ${fixed.includes(scope) ? raw("disabled") : ""} />
      <span>${scopeWords[scope]}<code>${scope}</code></span>
    </label>`;
  return page(
    "Allow access?",
    html`<h1>Allow ${app} to use your account?</h1>
      <p>You are <strong>${account.name}</strong>. <a href="/interaction/${uid}?account=another">Use another account</a></p>
      <form method="post" action="/interaction/${uid}/consent">
        <fieldset>
          <legend>${app} wants to</legend>
          ${scopes.map(ask)}
        </fieldset>
        <div class="row">
          <button name="decision" value="deny">Deny</button>
          <button class="main" name="decision" value="allow">Allow</button>
        </div>
      </form>
      <p class="foot">Afterwards you go back to ${new URL(redirectUri).origin}.</p>`,
  );
}

/** The settings page of a provider: what has access, and the button that ends it. */
export function connectedAppsPage(grants: readonly LivingGrant[], nameOf: (clientId: string) => string): Promise<Page> {
  const entry = ({ grantId, clientId, account, scopes, startedAt }: LivingGrant) =>
    html`<li>
      <form method="post" action="/connected-apps/${grantId}/remove">
        <strong>${nameOf(clientId)}</strong> for <strong>${account}</strong>
        <p>
          ${scopes.join(", ")}, since
          <time datetime="${startedAt.toISOString()}">${startedAt.toISOString().slice(0, 19).replace("T", " ")} UTC</time>
        </p>
        <div class="row"><button>Remove access</button></div>
      </form>
    </li>`;
  return page(
    "Connected apps",
    html`<h1>Connected apps</h1>
      <p>Whatever you remove here stops working at once, and the app finds out when it next asks.</p>
      ${
        grants.length === 0
          ? html`<p><strong>Nothing is connected.</strong></p>`
          : html`<ul>
              ${grants.map(entry)}
            </ul>`
      }`,
  );
}

/** What went wrong, in words. */
export function errorPage(message: string): Promise<Page> {
  return page(
    "This did not work",
    html`<h1>This did not work</h1>
      <p>${message}</p>`,
  );
}

// The policy names the hash of every byte between the tags, so no formatter may come near them.
const styleElement = raw(`<style>${style}</style>`);
const styleHash = createHash("sha256").update(style).digest("base64");

const headers = {
  "content-type": "text/html; charset=utf-8",
  // Chromium applies form-action to every redirect that follows a form, and ours ends at whatever redirection endpoint the client has.
  "content-security-policy": `default-src 'none'; style-src 'sha256-${styleHash}'; img-src data:; form-action http: https:; base-uri 'none'; frame-ancestors 'none'`,
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
};

async function page(title: string, content: Html): Promise<Page> {
  const document = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · Evergrant sandbox</title>
        <link rel="icon" href="data:," />
        ${styleElement}
      </head>
      <body>
        <main>
          <span class="badge">A sandbox for trying things out: no passwords, and everything is forgotten when it stops.</span>
          ${content}
        </main>
      </body>
    </html>`;
  return { html: String(document), headers };
}
