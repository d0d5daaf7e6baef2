/** Configs as people would write them, right and wrong, as text for compilers to judge. */
import type { ProviderFacts } from "@evergrant/schema";

const head = `import { defineConfig, env } from "@evergrant/providers";\nconst client = { clientId: env("ID"), clientSecret: env("SECRET") };\n`;

/** A config with one integration a provider: three scopes where it has some, and whatever parameters it wants. */
export function configOf(providers: readonly ProviderFacts[]): string {
  const entries = providers.map(({ id, scopes, urlParameters }) => {
    const names = Object.keys(scopes).slice(0, 3);
    const parameters = urlParameters.map((name) => `${name}: "acme"`).join(", ");
    const fields = [
      "...client",
      ...(names.length > 0 ? [`scopes: ${JSON.stringify(names)}`] : []),
      ...(parameters === "" ? [] : [`parameters: { ${parameters} }`]),
    ];
    return `  ${JSON.stringify(id)}: { ${fields.join(", ")} },`;
  });
  return `${head}export default defineConfig({ integrations: { oauth: { providers: {\n${entries.join("\n")}\n} } } });\n`;
}

/** The thirty that the budget is for; they hold half of all scopes. */
export const thirtyIds = (
  "airtable asana atlassian bitbucket box discord dropbox facebook figma github gitlab google hubspot intercom linear " +
  "linkedin mailchimp microsoft notion quickbooks salesforce shopify slack spotify stripe twitch twitter xero zendesk zoom"
).split(" ");

/** Where something is wrong, or somebody is typing. */
const mark = "«";

/** The text without its mark, and where that was; line and column count from 1. */
export function marked(text: string): { text: string; offset: number; line: number; column: number } {
  const offset = text.indexOf(mark);
  const before = text.slice(0, offset).split("\n");
  return { text: text.replace(mark, ""), offset, line: before.length, column: (before.at(-1) ?? "").length + 1 };
}

/** A config that holds these entries under `providers`. */
export function configWith(entries: string): string {
  return `${head}export default defineConfig({ integrations: { oauth: { providers: { ${entries} } } } });\n`;
}

/** What is wrong, the entries with a mark before the wrong word, and what the compiler must say there. */
export const wrongConfigs: readonly (readonly [title: string, entries: string, message: RegExp])[] = [
  ["a scope", `github: { ...client, scopes: [«"read:usr"] }`, /Did you mean '"read:user"'\?/],
  ["an optional scope", `slack: { ...client, optionalScopes: [«"users:raed"] }`, /Did you mean '"users:read"'\?/],
  ["another provider's scope", `cal: { ...client, provider: "google", scopes: ["openid", «"repo"] }`, /Type '"repo"' is not assignable/],
  [
    "a scope beside an allowed one",
    `discord: { ...client, allowUnlistedScopes: ["a.new"], scopes: ["a.new", «"a.old"] }`,
    /Type '"a.old"' is not assignable/,
  ],
  ["a form", `gitlab: { ...client, parameters: { host: "a" }, scopes: [«"usr:42"] }`, /Did you mean '"[a-z_:]+"'\?|`user:\$\{string\}`/],
  ["a form's number", `harvest: { ...client, scopes: [«"harvest:al"] }`, /Did you mean '"harvest:all"'\?|`harvest:\$\{number\}`/],
  [
    "scopes where there are none",
    `notion: { ...client, «scopes: ["read"] }`,
    /'scopes' does not exist in type 'IntegrationWithoutScopes<"notion">'/,
  ],
  ["a provider's key", `«githb: client`, /Property 'provider' is missing .* required in type 'UnknownProvider<"githb">'/],
  ["a provider's name", `cal: { ...client, «provider: "gogle" }`, /Did you mean '"google"'\?/],
  ["no parameters", `«microsoft: client`, /Property 'parameters' is missing .*IntegrationWithParameters<"microsoft", "tenant"/],
  ["a parameter too few", `keycloak: { ...client, «parameters: { host: "a" } }`, /Property 'realm' is missing/],
  ["a parameter's name", `microsoft: { ...client, parameters: { «tenent: "a" } }`, /Did you mean to write 'tenant'\?/],
  [
    "a parameter that nobody wants",
    `github: { ...client, «parameters: { host: "a" } }`,
    /'parameters' does not exist in type 'IntegrationOf<"github"/,
  ],
  ["a field's name", `github: { ...client, «scops: ["repo"] }`, /Did you mean to write 'scopes'\?/],
  ["a field's type", `github: { ...client, «confirm: "no" }`, /'string' is not assignable to type 'boolean/],
  ["no client id", `«github: { clientSecret: env("SECRET") }`, /Property 'clientId' is missing/],
  ["a described provider", `acme: { ...client, provider: { issuer: "https://a.example", «nonsense: 1 } }`, /'nonsense' does not exist/],
];
