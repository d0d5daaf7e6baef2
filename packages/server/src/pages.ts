/**
 * The pages that a person sees at the end of a flow: small, self-contained, and silent about everything secret.
 */
import type { FlowError } from "@evergrant/schema";
import { html, raw } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";
import { sha256Base64 } from "./digests.ts";

/** What a popup's opener is told; a hint, since the truth comes by `connections.get`. */
export interface OpenerMessage {
  readonly source: "evergrant";
  readonly status: string;
  readonly connection?: string;
  readonly confirmation?: string;
  readonly error?: string;
}

export interface Page {
  readonly title: string;
  readonly text: string;
  /** Null: there is no opener to tell. */
  readonly tell: Telling | null;
}

/** An opener to be told, at its exact origin; and where the browser goes to be heard where no opener answers. */
export interface Telling {
  readonly origin: string;
  readonly message: OpenerMessage;
  /** With the flow's result in it; null: the page stays. */
  readonly returnTo: string | null;
}

const style = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --paper: #f6f7f9; --card: #fff; --line: #dfe3e8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ecf1; --soft: #9aa6b5; --paper: #12161c; --card: #1a2029; --line: #2b3440; } }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 26rem; margin: 1rem; padding: 2rem; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
h1 { font-size: 1.25rem; margin: 0 0 .5rem; }
p { margin: 0 0 .5rem; color: var(--soft); overflow-wrap: anywhere; }
a { color: inherit; }
`;

// An opener that has gone elsewhere, or that the provider has severed, does not answer: then the app hears it at `returnTo`.
const script = `
const { origin, message, returnTo } = JSON.parse(document.querySelector("main").dataset.tell);
const opener = window.opener;
const leave = () => returnTo && location.replace(returnTo);
if (opener) {
  const waiting = returnTo ? setTimeout(leave, 1000) : undefined;
  addEventListener("message", (answer) => {
    if (answer.source !== opener || answer.origin !== origin || !answer.data || answer.data.received !== message.source) return;
    clearTimeout(waiting);
    close();
  });
  opener.postMessage(message, origin);
  if (!returnTo) close();
} else leave();
`;

/** No script but the one above, no style but the one above, nothing from anywhere else. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${sha256Base64(style)}'`,
  `script-src 'sha256-${sha256Base64(script)}'`,
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

export function renderPage({ title, text, tell }: Page): HtmlEscapedString | Promise<HtmlEscapedString> {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <link rel="icon" href="data:," />
        ${raw(`<style>${style}</style>`)}
      </head>
      <body>
        <main data-tell="${tell === null ? "" : JSON.stringify(tell)}">
          <h1>${title}</h1>
          <p>${text}</p>
          ${tell === null || tell.returnTo === null ? "" : html`<p><a href="${tell.returnTo}">Back to the app</a></p>`}
        </main>
        ${tell === null ? "" : raw(`<script>${script}</script>`)}
      </body>
    </html>`;
}

/** What each failure means for the person in front of it. */
export const failureText: Readonly<Record<FlowError, string>> = {
  access_denied: "You did not give access, so nothing was connected.",
  link_invalid: "This link is incomplete or was changed. Ask the app for a new one.",
  link_expired: "This link is too old. Ask the app for a new one.",
  request_unknown: "This connection was not started here, or too long ago. Start again from the app.",
  request_expired: "This took too long. Start again from the app.",
  request_used: "This connection was finished before. If it is missing, start again from the app.",
  other_browser: "This connection was started in another browser. Start again from the app, in this one.",
  response_invalid: "The answer of the service was malformed, so nothing was connected. Start again from the app.",
  issuer_mismatch: "The answer did not come from the service that was asked, so nothing was connected.",
  account_mismatch: "You signed in with another account than the one that was connected. Start again with that account.",
  account_taken: "The account that you signed in with is connected already, apart from this one. Disconnect it there first.",
  id_token_invalid: "The service did not prove which account this is, so nothing was connected. Start again from the app.",
  integration_unavailable: "The app's connection to this service is not set up right now. Tell the people who run the app.",
  provider_error: "The service could not connect you. Try again later.",
  server_error: "Something went wrong on our side, so nothing was connected. Start again from the app.",
  temporarily_unavailable: "This cannot be done right now. Load this page again in a minute: it will go on from here.",
  exchange_failed: "The service withdrew its answer before it could be used. Start again from the app.",
};
