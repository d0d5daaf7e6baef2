/**
 * Where secrets live: every place that the vault seals for, and no other. A ciphertext opens in its own place only.
 */

/** What a secret is for, and where it is kept. */
interface Holder {
  /** Chooses the key: each purpose has one of its own. */
  readonly purpose: string;
  /** Null, as the column, for what is stored nowhere. */
  readonly table: string | null;
  readonly column: string | null;
}

/** One place, as {@link places} names it: purpose, table, column, row, and a generation that counts what the row has held. */
export type Place = ReturnType<(typeof places)[keyof typeof places]>;

/**
 * The places. For tokens the generation is that of `refresh_schedule`, never one beside the token itself: so an old row that somebody
 * puts back does not open.
 */
export const places = {
  integrationClientId: (integrationId: string, revision: number) =>
    place({ purpose: "client_id", table: "integrations", column: "client_id" }, integrationId, revision),
  integrationClientSecret: (integrationId: string, revision: number) =>
    place({ purpose: "client_secret", table: "integrations", column: "client_secret" }, integrationId, revision),
  codeVerifier: (stateHash: string) =>
    place({ purpose: "code_verifier", table: "authorization_requests", column: "code_verifier" }, stateHash, 0),
  authorizationResponse: (stateHash: string) =>
    place({ purpose: "authorization_response", table: "authorization_requests", column: "response" }, stateHash, 0),
  unconfirmedGrant: (confirmationHash: string) =>
    place({ purpose: "unconfirmed_grant", table: "unconfirmed_grants", column: "grant" }, confirmationHash, 0),
  accessToken: (connectionId: string, generation: number) =>
    place({ purpose: "access_token", table: "access_tokens", column: "token" }, connectionId, generation),
  refreshToken: (connectionId: string, generation: number) =>
    place({ purpose: "refresh_token", table: "refresh_tokens", column: "token" }, connectionId, generation),
  revocation: (revocationId: string) => place({ purpose: "revocation", table: "revocations", column: "tokens" }, revocationId, 0),
  webhookSecret: (endpointId: string, secretGeneration: number) =>
    place({ purpose: "webhook_secret", table: "webhook_endpoints", column: "secret" }, endpointId, secretGeneration),
  /** Sealed anew when it makes room, at the generation of its successor. */
  webhookPreviousSecret: (endpointId: string, secretGeneration: number) =>
    place({ purpose: "webhook_previous_secret", table: "webhook_endpoints", column: "previous_secret" }, endpointId, secretGeneration),
  /** Carried by browsers and mails, and kept nowhere. */
  connectLink: () => place({ purpose: "connect_link", table: null, column: null }, "", 0),
  /** In the address of the page that shows how a flow ended, for minutes. */
  endedFlow: () => place({ purpose: "ended_flow", table: null, column: null }, "", 0),
} as const;

function place<const Held extends Holder>(holder: Held, rowId: string, generation: number) {
  return { ...holder, rowId, generation } as const;
}
