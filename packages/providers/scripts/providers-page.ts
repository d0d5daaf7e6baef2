/**
 * docs/providers.md: a page of the catalogue, made from its data alone.
 */
import type { ProviderFacts } from "@evergrant/schema";

/** The page, in Markdown; the same for the same providers. */
export function providersPage(providers: readonly ProviderFacts[]): string {
  const listed = providers.reduce((sum, facts) => sum + Object.keys(facts.scopes).length, 0);
  return [
    "<!-- Made from packages/providers/src/providers by `pnpm --filter @evergrant/providers docs`; edit those. -->",
    "",
    "# Providers",
    "",
    `${count(providers.length, "authorization server")} with ${listed.toLocaleString("en")} scopes, each described in one file under`,
    "[packages/providers/src/providers](../packages/providers/src/providers). An integration's redirect URI, to be registered with its provider, is",
    "`<publicUrl>/oauth/callback/<integration>`.",
    "",
    "Confidence says how sure the facts are: high where they were read in a first-party source. A lifetime in a server's answer goes before one",
    "that stands here.",
    "",
    "| provider | id | scopes | access token | refresh token | confidence |",
    "|---|---|---|---|---|---|",
    ...providers.map(row),
    ...providers.flatMap(section),
    "",
  ].join("\n");
}

function row(facts: ProviderFacts): string {
  const refresh = facts.accessTokenRenewal !== undefined ? "renews itself" : facts.offlineAccess === null ? "none" : rotationWords(facts);
  const cells = [
    `[${prose(facts.name)}](#${facts.id})`,
    code(facts.id),
    String(Object.keys(facts.scopes).length),
    facts.accessTokenLifetimeSeconds === null ? "" : span(facts.accessTokenLifetimeSeconds),
    refresh,
    facts.confidence,
  ];
  return `| ${cells.join(" | ")} |`;
}

function section(facts: ProviderFacts): string[] {
  const facet = (name: string, words: string | null) => (words === null ? [] : [`- **${name}**: ${words}`]);
  const links = [`[documentation](${facts.docsUrl})`, ...(facts.scopesDocsUrl === null ? [] : [`[scopes](${facts.scopesDocsUrl})`])];
  return [
    "",
    `<a id="${facts.id}"></a>`,
    "",
    `## ${prose(facts.name)}`,
    "",
    `${code(facts.id)} · ${links.join(" · ")} · confidence ${facts.confidence}`,
    "",
    ...facet("Register an app", registration(facts)),
    ...facet("Parameters", facts.urlParameters.length === 0 ? null : facts.urlParameters.map(code).join(", ")),
    ...facet("Client", client(facts)),
    ...facet("Scopes", scopes(facts)),
    ...facet("Access token", accessToken(facts)),
    ...facet("Refresh token", refreshToken(facts)),
    ...facet("Grant", grant(facts)),
    ...facet("Account", account(facts)),
    ...facet("API", api(facts)),
    ...facet("Revocation", revocation(facts)),
    ...facet("Kept with a connection", kept(facts)),
    ...facts.quirks.map((quirk) => `- ${prose(quirk)}.`),
  ];
}

function registration({ registration: place, clientAuthentication, urlParameters }: ProviderFacts): string {
  if (place === null) return clientAuthentication === "none" ? "not needed: any client id does." : "not needed.";
  // A link to a host that is yet to be named leads nowhere.
  const where = urlParameters.some((name) => place.url.includes(`{${name}}`)) ? code(place.url) : `<${place.url}>`;
  return `${where}: ${prose(place.steps)}.`;
}

function client({ clientAuthentication, clientSecretFormat, pkce }: ProviderFacts): string {
  const secret = clientAuthentication === "none" ? "public, without a secret" : code(clientAuthentication);
  const jwt = clientSecretFormat === "jwt" ? "; the secret is a JWT that you sign and renew" : "";
  const challenge = { required: "PKCE required", supported: "PKCE", unsupported: "no PKCE" }[pkce];
  return `${secret}${jwt}; ${challenge}.`;
}

function scopes({ scopes: listed, defaultScopes, openTo, scopeSentWith }: ProviderFacts): string {
  const names = Object.keys(listed);
  if (names.length === 0 && openTo.length === 0) return "none.";
  const byDefault = defaultScopes.length === 0 ? "none by default" : `by default ${defaultScopes.map(code).join(", ")}`;
  const open = openTo.length === 0 ? "" : `; and what tenants name themselves: ${openTo.map(({ source }) => code(source)).join(", ")}`;
  const set = scopeSentWith.length === 0 ? "; set on the app there, so none is asked for" : "";
  return `${names.length.toLocaleString("en")}; ${byDefault}${open}${set}.`;
}

function accessToken({ accessTokenLifetimeSeconds, accessTokenRenewal, refreshEndsAccessToken, offlineAccess }: ProviderFacts): string {
  const unknown = offlineAccess === null ? "no documented end" : "as long as its answer says";
  const lifetime = accessTokenLifetimeSeconds === null ? unknown : span(accessTokenLifetimeSeconds);
  const renewal = accessTokenRenewal === undefined ? "" : "; renews itself while it is valid";
  return `${lifetime}${renewal}${refreshEndsAccessToken ? "; a refresh ends the one before" : ""}.`;
}

function refreshToken(facts: ProviderFacts): string {
  const { offlineAccess, refreshTokenLifetimeSeconds, refreshLimit } = facts;
  if (offlineAccess === null) return "none.";
  const needs = [
    ...offlineAccess.scopes.map((scope) => `the scope ${code(scope)}`),
    ...Object.entries(offlineAccess.parameters).map(([name, value]) => code(`${name}=${value}`)),
  ];
  const parts = [
    needs.length === 0 ? "comes by itself" : `needs ${needs.join(" and ")}, which Evergrant adds`,
    rotationWords(facts),
    ...(refreshTokenLifetimeSeconds === null ? [] : [`ends after ${span(refreshTokenLifetimeSeconds)} unused`]),
    ...(refreshLimit === null
      ? []
      : [`${count(refreshLimit.grants, "refresh", "refreshes")} in ${span(refreshLimit.withinSeconds)} at most`]),
  ];
  return `${parts.join("; ")}.`;
}

function rotationWords({ rotation }: ProviderFacts): string {
  if (rotation.mode === "grace") return `rotates, the one before works for ${span(rotation.graceSeconds)} more`;
  return { none: "stays the same", strict: "rotates, single use", unknown: "rotation not documented" }[rotation.mode];
}

function grant({ grantLifetimeSeconds, grantsPerAccount }: ProviderFacts): string | null {
  const parts = [
    ...(grantLifetimeSeconds === null ? [] : [`ends ${span(grantLifetimeSeconds)} after consent`]),
    ...(grantsPerAccount === null ? [] : [`${grantsPerAccount} for one account and client at most: another one ends the oldest`]),
  ];
  return parts.length === 0 ? null : `${parts.join("; ")}.`;
}

function api({ account: read, apiAuthorization: { header, scheme }, resourceHosts, tokenEndpoint }: ProviderFacts): string {
  const hosts = [tokenEndpoint, ...(read === undefined ? [] : [read.endpoint])].map((url) => /^https?:\/\/([^/?]+)/.exec(url)?.[1] ?? url);
  const words = [...new Set([...hosts, ...resourceHosts])].map(code).join(", ");
  if (header === "Authorization" && scheme === undefined) return `${words}.`;
  return `${words}; the token goes as ${code(`${header}: ${scheme === undefined || scheme === "" ? "" : `${scheme} `}…`)}.`;
}

function account({ account: read, accountIn }: ProviderFacts): string {
  if (read !== undefined) return `${code(read.idPath)} and ${code(read.labelPath)} at ${code(read.endpoint)}.`;
  if (accountIn === undefined) return "not told: connections are told apart by subject only.";
  const source = { token_response: "the token response", id_token: "the ID token", callback: "the callback" }[accountIn.source];
  const names =
    accountIn.idPath === accountIn.labelPath ? code(accountIn.idPath) : `${code(accountIn.idPath)} and ${code(accountIn.labelPath)}`;
  return `${names} in ${source}.`;
}

function revocation({ revocation: how }: ProviderFacts): string {
  if (how === undefined) return "not offered, so a disconnected grant lives on there until it ends by itself.";
  return { token: "ends the token.", grant: "ends the grant.", account: "ends every grant of the account to this client." }[how.ends];
}

function kept({ captures }: ProviderFacts): string | null {
  const names = [...captures.callback, ...captures.token];
  return names.length === 0 ? null : `${names.map(code).join(", ")}.`;
}

const units = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
] as const;

/** In the largest unit that leaves no rest. */
function span(seconds: number): string {
  for (const [unit, length] of units) {
    if (seconds % length === 0) return count(seconds / length, unit);
  }
  return count(seconds, "second");
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

function code(text: string): string {
  return `\`${text.replaceAll("|", "\\|")}\``;
}

/** Text in which no character means markup. */
function prose(text: string): string {
  return text.replaceAll(/[\\*_[\]<>|`]/g, "\\$&");
}
