/**
 * A config as the server works by it: every default filled in, every variable read, every URL complete.
 */
import type {
  AuditSettings,
  AuthorizationServerFacts,
  ConfigFault,
  RefreshSettings,
  Resource,
  RetentionSettings,
  Secret,
} from "@evergrant/schema";

/** An integration with the client secret in the clear: keep it out of logs, errors and answers. */
export interface ResolvedIntegration {
  readonly id: string;
  /** Shown to people. */
  readonly name: string;
  /** The catalogue id, the issuer, or `inline`. */
  readonly providerLabel: string;
  /** What is known of the authorization server; of an `issuer` nothing before it is discovered (see `completeIntegration`). */
  readonly server:
    | { readonly kind: "facts"; readonly facts: AuthorizationServerFacts }
    | { readonly kind: "issuer"; readonly issuer: string };
  /** Where and how its tokens are used. */
  readonly resource: Resource;
  readonly clientId: string;
  /** Absent for a public client (RFC 6749 §2.1). */
  readonly clientSecret?: Secret;
  /** Asked for at every connect. Empty for an undiscovered issuer means its default. */
  readonly scopes: readonly string[];
  readonly optionalScopes: readonly string[];
  readonly allowUnlistedScopes: readonly string[];
  /** A redirection endpoint of its own, below `publicUrl`. */
  readonly redirectPath?: string;
  /** Whether a finished flow waits for `connections.confirm`. */
  readonly confirm: boolean;
}

export interface ResolvedConfig {
  /** Without a trailing slash, so that a path can be put behind it. */
  readonly publicUrl: string;
  readonly returnOrigins: readonly string[];
  readonly allowedOrigins: readonly string[];
  /** Hosts that may be reached although their addresses are private. */
  readonly privateHosts: readonly string[];
  readonly refresh: RefreshSettings;
  readonly audit: AuditSettings;
  readonly retention: RetentionSettings;
  /** By id, in the order of the config. */
  readonly integrations: ReadonlyMap<string, ResolvedIntegration>;
}

/** What became of one integration. Warnings do not stand in the way. */
export type IntegrationResolution =
  | { readonly ok: true; readonly integration: ResolvedIntegration; readonly warnings: readonly ConfigFault[] }
  | { readonly ok: false; readonly faults: readonly ConfigFault[] };

/** What became of a config: usable, or all that is wrong with it. */
export type ConfigResolution =
  | { readonly ok: true; readonly config: ResolvedConfig; readonly warnings: readonly ConfigFault[] }
  | { readonly ok: false; readonly faults: readonly ConfigFault[] };
