/**
 * The catalogue: which providers there are, and each one's facts, brought in only when asked for.
 */
import { type ProviderFacts, providerShape } from "@evergrant/schema";

// One line a provider. The types are read off the modules, so that a `.d.ts` names them and copies no literal.
const modules = {
  airtable: () => import("./providers/airtable.ts"),
  "amazon-cognito": () => import("./providers/amazon-cognito.ts"),
  anilist: () => import("./providers/anilist.ts"),
  apple: () => import("./providers/apple.ts"),
  asana: () => import("./providers/asana.ts"),
  atlassian: () => import("./providers/atlassian.ts"),
  attio: () => import("./providers/attio.ts"),
  auth0: () => import("./providers/auth0.ts"),
  authentik: () => import("./providers/authentik.ts"),
  bamboohr: () => import("./providers/bamboohr.ts"),
  basecamp: () => import("./providers/basecamp.ts"),
  battlenet: () => import("./providers/battlenet.ts"),
  bitbucket: () => import("./providers/bitbucket.ts"),
  box: () => import("./providers/box.ts"),
  calendly: () => import("./providers/calendly.ts"),
  canva: () => import("./providers/canva.ts"),
  clickup: () => import("./providers/clickup.ts"),
  close: () => import("./providers/close.ts"),
  coinbase: () => import("./providers/coinbase.ts"),
  databricks: () => import("./providers/databricks.ts"),
  digitalocean: () => import("./providers/digitalocean.ts"),
  discord: () => import("./providers/discord.ts"),
  docusign: () => import("./providers/docusign.ts"),
  dropbox: () => import("./providers/dropbox.ts"),
  epicgames: () => import("./providers/epicgames.ts"),
  eventbrite: () => import("./providers/eventbrite.ts"),
  facebook: () => import("./providers/facebook.ts"),
  figma: () => import("./providers/figma.ts"),
  fitbit: () => import("./providers/fitbit.ts"),
  freshbooks: () => import("./providers/freshbooks.ts"),
  front: () => import("./providers/front.ts"),
  garmin: () => import("./providers/garmin.ts"),
  gitea: () => import("./providers/gitea.ts"),
  github: () => import("./providers/github.ts"),
  gitlab: () => import("./providers/gitlab.ts"),
  gong: () => import("./providers/gong.ts"),
  google: () => import("./providers/google.ts"),
  gusto: () => import("./providers/gusto.ts"),
  harvest: () => import("./providers/harvest.ts"),
  heroku: () => import("./providers/heroku.ts"),
  hubspot: () => import("./providers/hubspot.ts"),
  huggingface: () => import("./providers/huggingface.ts"),
  instagram: () => import("./providers/instagram.ts"),
  intercom: () => import("./providers/intercom.ts"),
  kakao: () => import("./providers/kakao.ts"),
  keycloak: () => import("./providers/keycloak.ts"),
  kick: () => import("./providers/kick.ts"),
  klaviyo: () => import("./providers/klaviyo.ts"),
  lichess: () => import("./providers/lichess.ts"),
  line: () => import("./providers/line.ts"),
  linear: () => import("./providers/linear.ts"),
  linkedin: () => import("./providers/linkedin.ts"),
  mailchimp: () => import("./providers/mailchimp.ts"),
  mastodon: () => import("./providers/mastodon.ts"),
  microsoft: () => import("./providers/microsoft.ts"),
  miro: () => import("./providers/miro.ts"),
  monday: () => import("./providers/monday.ts"),
  myanimelist: () => import("./providers/myanimelist.ts"),
  naver: () => import("./providers/naver.ts"),
  netlify: () => import("./providers/netlify.ts"),
  notion: () => import("./providers/notion.ts"),
  okta: () => import("./providers/okta.ts"),
  osu: () => import("./providers/osu.ts"),
  oura: () => import("./providers/oura.ts"),
  outreach: () => import("./providers/outreach.ts"),
  pagerduty: () => import("./providers/pagerduty.ts"),
  patreon: () => import("./providers/patreon.ts"),
  paypal: () => import("./providers/paypal.ts"),
  pinterest: () => import("./providers/pinterest.ts"),
  pipedrive: () => import("./providers/pipedrive.ts"),
  polar: () => import("./providers/polar.ts"),
  posthog: () => import("./providers/posthog.ts"),
  quickbooks: () => import("./providers/quickbooks.ts"),
  reddit: () => import("./providers/reddit.ts"),
  ringcentral: () => import("./providers/ringcentral.ts"),
  roblox: () => import("./providers/roblox.ts"),
  salesforce: () => import("./providers/salesforce.ts"),
  salesloft: () => import("./providers/salesloft.ts"),
  sandbox: () => import("./providers/sandbox.ts"),
  sentry: () => import("./providers/sentry.ts"),
  shopify: () => import("./providers/shopify.ts"),
  slack: () => import("./providers/slack.ts"),
  "slack-user": () => import("./providers/slack-user.ts"),
  smartsheet: () => import("./providers/smartsheet.ts"),
  snowflake: () => import("./providers/snowflake.ts"),
  spotify: () => import("./providers/spotify.ts"),
  squareup: () => import("./providers/squareup.ts"),
  stackexchange: () => import("./providers/stackexchange.ts"),
  startgg: () => import("./providers/startgg.ts"),
  strava: () => import("./providers/strava.ts"),
  stripe: () => import("./providers/stripe.ts"),
  surveymonkey: () => import("./providers/surveymonkey.ts"),
  threads: () => import("./providers/threads.ts"),
  ticktick: () => import("./providers/ticktick.ts"),
  tiktok: () => import("./providers/tiktok.ts"),
  tiltify: () => import("./providers/tiltify.ts"),
  todoist: () => import("./providers/todoist.ts"),
  tumblr: () => import("./providers/tumblr.ts"),
  twitch: () => import("./providers/twitch.ts"),
  twitter: () => import("./providers/twitter.ts"),
  typeform: () => import("./providers/typeform.ts"),
  vercel: () => import("./providers/vercel.ts"),
  vimeo: () => import("./providers/vimeo.ts"),
  vk: () => import("./providers/vk.ts"),
  wakatime: () => import("./providers/wakatime.ts"),
  webex: () => import("./providers/webex.ts"),
  webflow: () => import("./providers/webflow.ts"),
  whoop: () => import("./providers/whoop.ts"),
  withings: () => import("./providers/withings.ts"),
  wordpress: () => import("./providers/wordpress.ts"),
  wrike: () => import("./providers/wrike.ts"),
  xero: () => import("./providers/xero.ts"),
  yahoo: () => import("./providers/yahoo.ts"),
  yandex: () => import("./providers/yandex.ts"),
  zendesk: () => import("./providers/zendesk.ts"),
  zoho: () => import("./providers/zoho.ts"),
  zoom: () => import("./providers/zoom.ts"),
};

type Modules = typeof modules;
type Loaded<Id extends keyof Modules> = Awaited<ReturnType<Modules[Id]>>;
/** A provider's module exports the provider and nothing else. */
type Entries = { readonly [Id in keyof Modules]: Loaded<Id>[keyof Loaded<Id>] };

/** Every provider's type, by id. An interface, so that the compiler's messages print its name. */
export interface Catalogue extends Entries {}
export type ProviderId = keyof Catalogue;

/** The ids of all providers, in alphabetical order. */
export const providerIds: readonly string[] = Object.keys(modules);

/**
 * The facts of one provider, every default filled in; undefined where the catalogue has none by this id.
 *
 * Only that provider's module is loaded. Its facts are the same object at every call.
 */
export async function loadProvider(id: string): Promise<ProviderFacts | undefined> {
  if (!isProviderId(id)) return undefined;
  const known = loaded.get(id) ?? modules[id]().then((module) => readModule(module));
  loaded.set(id, known);
  return known;
}

const loaded = new Map<ProviderId, Promise<ProviderFacts>>();

function isProviderId(id: string): id is ProviderId {
  return Object.hasOwn(modules, id);
}

function readModule(module: object): ProviderFacts {
  return providerShape.parse(Object.values(module)[0]);
}
