/**
 * Integrations: those of the config file and those put at run time, and the authorization server behind each.
 */
import type { AuthorizationServerFacts, ConfigFault } from "@evergrant/schema";
import {
  type ResolvedConfig,
  type ResolvedIntegration,
  completeIntegration,
  missingScopes,
  resolveIntegration,
} from "@evergrant/providers";
import type { AuthorizationServer } from "./authorization-server.ts";
import type { Database } from "./database.ts";
import { sha256Hex } from "./digests.ts";
import type { Log } from "./authority.ts";
import { EvergrantError, describeError } from "./errors.ts";
import type { GuardedFetch } from "./guarded-fetch.ts";
import { createIssuers } from "./issuers.ts";
import {
  type IntegrationRow,
  deleteIntegrationRow,
  findIntegrationRow,
  listIntegrationRows,
  putIntegrationRow,
} from "./integrations-store.ts";
import { type Vault, VaultError, places } from "./vault.ts";

/** An integration as it works today, and where it was declared. */
export interface Integration extends ResolvedIntegration {
  readonly source: "file" | "api";
}

/** What a grant is bound to: it is good nowhere else, and sent nowhere else. */
export interface Binding {
  /** The issuer, or the origin of the token endpoint where there is none. */
  readonly authority: string;
  /** SHA-256 of the client id, hex. */
  readonly clientHash: string;
}

export interface Integrations {
  /** The integration of this id, or null; null also where what is stored no longer holds. One put at run time may be five seconds old. */
  find(id: string): Promise<Integration | null>;
  list(): Promise<Integration[]>;
  /** Reads past the cache, as one who is about to change it must. `integration` is null where what is stored no longer holds. */
  findCurrent(id: string): Promise<{ integration: Integration | null; revision: number } | null>;
  /**
   * Writes an integration of the API.
   *
   * @returns the faults of its definition, or the integration as it now is.
   * @throws {EvergrantError} `config_owned_by_file`; `config_invalid` where somebody else changed it at the same time.
   */
  put(id: string, definition: Record<string, unknown>, revision: number): Promise<{ integration: Integration } | { faults: ConfigFault[] }>;
  /** Judges a definition as `put` would, and writes nothing. */
  judge(id: string, definition: Record<string, unknown>): Promise<{ integration: Integration } | { faults: ConfigFault[] }>;
  remove(id: string): Promise<boolean>;
  /** Whether some integration takes its authorization responses at this path below `publicUrl`. */
  ownsRedirectPath(path: string): Promise<boolean>;
  bindingOf(integration: Integration): Binding;
  isBoundTo(integration: Integration, binding: Binding): boolean;
  /**
   * The integration with all that its issuer says of itself, which is discovered where it names one: its scopes, if it left them to
   * the provider, and the facts behind them.
   *
   * @throws {EvergrantError} `integration_unavailable`: no metadata to be had; `config_invalid`: it lacks a configured scope.
   */
  complete(integration: Integration): Promise<Integration>;
  /**
   * The authorization server with our client.
   *
   * @param origin Which of the provider's origins issued the grant, where it has several.
   * @throws as `complete`.
   */
  serverOf(integration: Integration, origin?: string): Promise<AuthorizationServer>;
  /**
   * Doubts what an issuer said of itself, since an endpoint or a key is not where that says: it is read anew at its next use, once in
   * a minute at most.
   *
   * @returns whether it will be.
   */
  doubt(integration: Integration): boolean;
  missingScopes(integration: Integration, required: readonly string[], granted: readonly string[]): string[];
  refreshEndsAccessToken(integration: Integration): boolean;
  /** How old a token set must be before the provider lets it be refreshed, in seconds; 0 where it does not mind. */
  leastAgeSeconds(integration: Integration): number;
  /** By when the resource owner must authorize again, however often the grant is refreshed; null where there is no such end. */
  reconnectBy(integration: Integration, grantedAt: Date): Date | null;
}

/** How long another process's change of an integration may stay unnoticed. */
const cachedMs = 5_000;

export function createIntegrations(parts: {
  config: ResolvedConfig;
  database: Database;
  vault: Vault;
  fetch: GuardedFetch;
  now: () => Date;
  log: Log;
}): Integrations {
  const { config, database, vault, fetch, now, log } = parts;
  const cache = new Map<string, { at: number; integration: Integration | null }>();
  const ownPaths = new Set([...config.integrations.values()].flatMap(({ redirectPath }) => redirectPath ?? []));
  let putPaths = { at: Number.NEGATIVE_INFINITY, paths: new Set<string>() };
  const issuers = createIssuers({ fetch, now });

  const resolve = async (
    id: string,
    definition: Record<string, unknown>,
  ): Promise<{ integration: Integration } | { faults: ConfigFault[] }> => {
    // The secret stands in the definition and is sealed; a caller must not read this process's environment.
    const resolved = await resolveIntegration(id, definition, { environment: {}, literalSecrets: "accepted", path: "definition" });
    return resolved.ok ? { integration: { ...resolved.integration, source: "api" } } : { faults: [...resolved.faults] };
  };

  /** Null where the row no longer holds: its keys are gone, or its provider has changed. One such row must not stop the others. */
  const fromRow = async (row: IntegrationRow): Promise<Integration | null> => {
    try {
      return await openRow(row);
    } catch (error) {
      if (!(error instanceof VaultError || error instanceof EvergrantError)) throw error;
      log.error({ integration: row.id, error: describeError(error) }, "a stored integration no longer holds; put it again");
      return null;
    }
  };

  const openRow = async (row: IntegrationRow): Promise<Integration> => {
    const clientId = await vault.openOrReload(row.clientId, places.integrationClientId(row.id, row.revision));
    const clientSecret =
      row.clientSecret === null ? null : await vault.openOrReload(row.clientSecret, places.integrationClientSecret(row.id, row.revision));
    const resolved = await resolve(row.id, { ...row.definition, clientId, ...(clientSecret === null ? {} : { clientSecret }) });
    if ("integration" in resolved) return resolved.integration;
    const faults = resolved.faults.map((fault) => `${fault.path}: ${fault.message}`).join("; ");
    throw new EvergrantError("config_invalid", `integration "${row.id}" no longer holds: ${faults}; put it again`);
  };

  const ofFile = new Map(
    [...config.integrations].map(([id, integration]): [string, Integration] => [id, { ...integration, source: "file" }]),
  );
  const declared = (id: string): Integration | null => ofFile.get(id) ?? null;
  const bindings = new WeakMap<Integration, Binding>();

  const self: Integrations = {
    async find(id) {
      const own = declared(id);
      if (own !== null) return own;
      const cached = cache.get(id);
      if (cached !== undefined && now().getTime() - cached.at < cachedMs) return cached.integration;
      const row = await findIntegrationRow(database, id);
      const integration = row === null ? null : await fromRow(row);
      // Ids that nobody declared come from callers: they must not fill the memory.
      if (cache.size > 10_000) cache.clear();
      cache.set(id, { at: now().getTime(), integration });
      return integration;
    },

    async findCurrent(id) {
      const row = await findIntegrationRow(database, id);
      return row === null ? null : { integration: await fromRow(row), revision: row.revision };
    },

    async list() {
      const rows = await listIntegrationRows(database);
      const opened = await Promise.all(rows.filter((row) => !config.integrations.has(row.id)).map((row) => fromRow(row)));
      const put = opened.filter((integration) => integration !== null);
      return [...[...config.integrations.keys()].flatMap((id) => declared(id) ?? []), ...put].toSorted((a, b) => (a.id < b.id ? -1 : 1));
    },

    judge: resolve,

    async put(id, definition, revision) {
      const resolved = await resolve(id, definition);
      if ("faults" in resolved) return resolved;
      const { clientId, clientSecret } = resolved.integration;
      const { clientId: _clientId, clientSecret: _clientSecret, ...open } = definition;
      const landed = await putIntegrationRow(database, {
        id,
        definition: open,
        clientId: vault.seal(clientId, places.integrationClientId(id, revision)),
        clientSecret: clientSecret === undefined ? null : vault.seal(clientSecret.reveal(), places.integrationClientSecret(id, revision)),
        revision,
        updatedAt: now(),
      });
      if (!landed)
        throw new EvergrantError(
          "config_invalid",
          `integration: "${id}" was changed by somebody else at the same time; read it and put it again`,
        );
      cache.delete(id);
      return resolved;
    },

    async remove(id) {
      cache.delete(id);
      return deleteIntegrationRow(database, id, now());
    },

    async ownsRedirectPath(path) {
      if (ownPaths.has(path)) return true;
      if (now().getTime() - putPaths.at >= cachedMs) {
        const rows = await listIntegrationRows(database);
        const paths = rows.flatMap(({ definition }) => (typeof definition["redirectPath"] === "string" ? definition["redirectPath"] : []));
        putPaths = { at: now().getTime(), paths: new Set(paths) };
      }
      return putPaths.paths.has(path);
    },

    bindingOf(integration) {
      const known = bindings.get(integration);
      if (known !== undefined) return known;
      const { server } = integration;
      const authority = server.kind === "issuer" ? server.issuer : (server.facts.issuer ?? new URL(server.facts.tokenEndpoint).origin);
      const binding = { authority, clientHash: sha256Hex(integration.clientId) };
      bindings.set(integration, binding);
      return binding;
    },

    isBoundTo(integration, binding) {
      const own = self.bindingOf(integration);
      return own.authority === binding.authority && own.clientHash === binding.clientHash;
    },

    async complete(integration) {
      if (integration.server.kind === "facts") return integration;
      const { issuer } = integration.server;
      const discovered = await issuers.discover(issuer);
      if (discovered === null) {
        throw new EvergrantError(
          "integration_unavailable",
          `integration "${integration.id}": ${issuer} serves no metadata that names this issuer; try again, or describe the provider inline`,
        );
      }
      const completed = completeIntegration(integration, discovered);
      if (completed.ok) return { ...completed.integration, source: integration.source };
      throw new EvergrantError(
        "config_invalid",
        completed.faults.map((fault) => `${fault.path}: ${fault.message}; ${fault.mend}`).join(" · "),
      );
    },

    async serverOf(integration, origin) {
      const completed = await self.complete(integration);
      if (completed.server.kind !== "facts") throw new TypeError("a completed integration has facts");
      const { authority } = self.bindingOf(integration);
      const { clientId, clientSecret } = integration;
      return {
        facts: origin === undefined ? completed.server.facts : atOrigin(completed.server.facts, origin),
        authority,
        clientId,
        clientSecret: clientSecret ?? null,
        fetch,
        now,
      };
    },

    doubt({ server }) {
      return server.kind === "issuer" && issuers.doubt(server.issuer);
    },

    missingScopes(integration, required, granted) {
      // An issuer's metadata names scopes, and no relation between them.
      return missingScopes(required, granted, integration.server.kind === "facts" ? integration.server.facts : null);
    },

    leastAgeSeconds({ server }) {
      if (server.kind === "issuer") return 0;
      const { accessTokenRenewal, refreshLimit } = server.facts;
      const spread = refreshLimit === null ? 0 : Math.ceil(refreshLimit.withinSeconds / refreshLimit.grants);
      return Math.max(accessTokenRenewal?.minimumAgeSeconds ?? 0, spread);
    },

    reconnectBy({ server }, grantedAt) {
      const seconds = server.kind === "facts" ? server.facts.grantLifetimeSeconds : null;
      return seconds === null ? null : new Date(grantedAt.getTime() + seconds * 1000);
    },

    refreshEndsAccessToken(integration) {
      return integration.server.kind === "facts" && integration.server.facts.refreshEndsAccessToken;
    },
  };
  return self;
}

/** The facts with another origin in the place of the token endpoint's, wherever that one stands. */
function atOrigin(facts: AuthorizationServerFacts, origin: string): AuthorizationServerFacts {
  const from = new URL(facts.tokenEndpoint).origin;
  const moved = (endpoint: string) => (new URL(endpoint).origin === from ? endpoint.replace(from, origin) : endpoint);
  const { refreshEndpoint, revocation, account } = facts;
  return {
    ...facts,
    tokenEndpoint: moved(facts.tokenEndpoint),
    ...(refreshEndpoint === undefined ? {} : { refreshEndpoint: moved(refreshEndpoint) }),
    ...(revocation === undefined ? {} : { revocation: { ...revocation, endpoint: moved(revocation.endpoint) } }),
    ...(account === undefined ? {} : { account: { ...account, endpoint: moved(account.endpoint) } }),
  };
}
