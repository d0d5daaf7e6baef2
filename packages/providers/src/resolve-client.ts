/**
 * The client of an integration (RFC 6749 §2): its id and secret, from the config or from the environment variables that it names.
 */
import type { AuthorizationServerFacts, ConfigFault, EnvironmentReference } from "@evergrant/schema";
import { isLoopbackHost } from "@evergrant/schema";
import { at } from "./config-path.ts";

/** The environment as the process sees it. Handed in: nothing here reads `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Whether a client secret may stand in the definition itself: not outside development, but for `config.put`, which seals it. */
export type LiteralSecrets = "refused" | "warned_of" | "accepted";

/** The two settings as they were written. */
export interface ClientSettings {
  readonly clientId?: string | EnvironmentReference | undefined;
  readonly clientSecret?: string | EnvironmentReference | undefined;
}

interface Read {
  readonly value: string | null;
  readonly faults: readonly ConfigFault[];
  readonly warnings: readonly ConfigFault[];
}

/** The client id and secret, null where there is none to be had. Faults name a variable and never a value. */
export function resolveClient(
  { clientId, clientSecret }: ClientSettings,
  options: { readonly environment: Environment; readonly literalSecrets: LiteralSecrets; readonly path: string },
): { clientId: string | null; clientSecret: string | null; faults: ConfigFault[]; warnings: ConfigFault[] } {
  const { environment, literalSecrets, path } = options;
  const id = resolveSetting(clientId, environment, at(path, "clientId"));
  const secretPath = at(path, "clientSecret");
  const secret =
    typeof clientSecret === "string" && literalSecrets === "refused"
      ? faulty(
          secretPath,
          "a client secret does not stand in the config outside development",
          `put it into an environment variable and ${reference} here`,
        )
      : resolveSetting(clientSecret, environment, secretPath);
  const faults = [...id.faults, ...secret.faults];
  return { clientId: id.value, clientSecret: secret.value, faults, warnings: [...id.warnings, ...secret.warnings] };
}

/** What is odd about the client at this provider, whose URL parameters are filled in. */
export function clientWarnings(
  { clientSecret }: ClientSettings,
  facts: AuthorizationServerFacts,
  options: { readonly literalSecrets: LiteralSecrets; readonly providerName: string; readonly path: string },
): ConfigFault[] {
  const { literalSecrets, providerName, path } = options;
  if (clientSecret === undefined && facts.clientAuthentication !== "none") {
    const message = `without a client secret this is a public client, and ${providerName} usually wants one`;
    return [{ path, message, mend: 'add clientSecret: env("NAME"), unless the client is registered there as a public one' }];
  }
  // At a server on this machine there is nothing to keep secret.
  if (typeof clientSecret !== "string" || literalSecrets !== "warned_of" || isLoopbackHost(new URL(facts.tokenEndpoint).hostname))
    return [];
  return [
    {
      path: at(path, "clientSecret"),
      message: "a client secret stands in the config",
      mend: `${reference} before anybody else sees this file`,
    },
  ];
}

const reference = 'write env("NAME"), or { "env": "NAME" } in JSON,';

function resolveSetting(setting: string | EnvironmentReference | undefined, environment: Environment, path: string): Read {
  if (setting === undefined) return { value: null, faults: [], warnings: [] };
  if (typeof setting === "string")
    return setting.trim() === "" ? faulty(path, "must not be empty", reference.slice(0, -1)) : sound(setting, path, "it");
  const name = setting.env;
  const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
  if (value === undefined) return faulty(path, `the environment variable ${name} is not set`, `set ${name} where Evergrant runs`);
  if (value.trim() === "") return faulty(path, `the environment variable ${name} is empty`, `give ${name} a value`);
  return sound(value, path, `the environment variable ${name}`);
}

function sound(value: string, path: string, holder: string): Read {
  const mend = "remove it, unless it belongs to the value: it is sent as it is";
  const warnings = value === value.trim() ? [] : [{ path, message: `${holder} begins or ends with white space`, mend }];
  return { value, faults: [], warnings };
}

function faulty(path: string, message: string, mend: string): Read {
  return { value: null, faults: [{ path, message, mend }], warnings: [] };
}
