/**
 * The applications that may ask: registered at start, and their redirection endpoints later too, since a test server learns its port late.
 */
import type { AdapterPayload } from "oidc-provider";
import { SandboxError } from "./errors.ts";

/** A client of the sandbox (RFC 6749 §2). */
export interface SandboxClient {
  clientId: string;
  /** Absent: a public client, which proves nothing at the token endpoint. */
  clientSecret?: string;
  /** Compared exactly (RFC 9700 §4.1.3). */
  redirectUris: string[];
  /** Where the secret is expected; default `client_secret_basic`. */
  clientAuthentication?: "client_secret_basic" | "client_secret_post";
  /** What the consent page calls it; default the client id. */
  name?: string;
}

export interface Clients {
  nameOf: (clientId: string) => string;
  /** RFC 7591 §2 metadata as oidc-provider wants it. */
  metadata: (clientId: string) => AdapterPayload | undefined;
  /** @throws {SandboxError} `unknown_client`, `invalid_redirect_uri`. */
  registerRedirectUri: (uri: string, clientId: string) => void;
}

/**
 * Takes the clients in; later changes to the objects handed over change nothing here.
 *
 * @throws {SandboxError} `invalid_redirect_uri`.
 */
export function createClients(given: readonly SandboxClient[]): Clients {
  for (const uri of given.flatMap((client) => client.redirectUris)) checkRedirectUri(uri);
  const clients = new Map(given.map((client) => [client.clientId, { ...client, redirectUris: [...client.redirectUris] }]));

  return {
    nameOf: (clientId) => clients.get(clientId)?.name ?? clientId,
    metadata: (clientId) => {
      const client = clients.get(clientId);
      return client === undefined ? undefined : metadataOf(client);
    },
    registerRedirectUri: (uri, clientId) => {
      const client = clients.get(clientId);
      if (client === undefined) throw new SandboxError("unknown_client", `The sandbox has no client "${clientId}".`);
      checkRedirectUri(uri);
      if (!client.redirectUris.includes(uri)) client.redirectUris.push(uri);
    },
  };
}

function metadataOf(client: SandboxClient): AdapterPayload {
  const isPublic = client.clientSecret === undefined;
  return {
    client_id: client.clientId,
    ...(isPublic ? {} : { client_secret: client.clientSecret }),
    client_name: client.name ?? client.clientId,
    redirect_uris: [...client.redirectUris],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: isPublic ? "none" : (client.clientAuthentication ?? "client_secret_basic"),
  };
}

function checkRedirectUri(uri: string): void {
  if (URL.canParse(uri) && /^https?:$/.test(new URL(uri).protocol) && !uri.includes("#")) return;
  const mend = "give an absolute http or https URL without a fragment.";
  throw new SandboxError("invalid_redirect_uri", `"${uri}" is no redirection endpoint: ${mend}`);
}
