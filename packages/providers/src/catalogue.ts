/**
 * The catalogue: which providers there are, and each one's facts, brought in only when asked for.
 */
import { type ProviderFacts, providerShape } from "@evergrant/schema";

// One line a provider. The types are read off the modules, so that a `.d.ts` names them and copies no literal.
const modules = {
  atlassian: () => import("./providers/atlassian.ts"),
  discord: () => import("./providers/discord.ts"),
  dropbox: () => import("./providers/dropbox.ts"),
  github: () => import("./providers/github.ts"),
  gitlab: () => import("./providers/gitlab.ts"),
  google: () => import("./providers/google.ts"),
  linear: () => import("./providers/linear.ts"),
  microsoft: () => import("./providers/microsoft.ts"),
  notion: () => import("./providers/notion.ts"),
  salesforce: () => import("./providers/salesforce.ts"),
  sandbox: () => import("./providers/sandbox.ts"),
  slack: () => import("./providers/slack.ts"),
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
