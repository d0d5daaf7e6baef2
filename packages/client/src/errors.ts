/**
 * Why a call did not bring what was asked for: one class for each thing that a caller can do next. None holds a token.
 */
import type { ErrorCode, ReauthorizationReason, TokenAnswer, UnavailableReason } from "@evergrant/schema";

type Answer<Status extends TokenAnswer["status"]> = Omit<Extract<TokenAnswer, { status: Status }>, "status">;

/** The grant has ended. Send its owner to `authorizeUrl`; the connection's id stays the same. */
export class ReauthorizationRequiredError extends Error {
  override readonly name = "ReauthorizationRequiredError";
  readonly code = "reauthorization_required";
  readonly connectionId: string;
  readonly reason: ReauthorizationReason;
  /** A connect link; it is this owner's, so show it to nobody else. */
  readonly authorizeUrl: string;

  constructor({ connectionId, reason, authorizeUrl }: Answer<"reauthorization_required">) {
    super(`Connection ${connectionId} has to be authorized again (${reason}): send its owner to this error's authorizeUrl.`);
    this.connectionId = connectionId;
    this.reason = reason;
    this.authorizeUrl = authorizeUrl;
  }
}

/** The grant lives and lacks scopes. `authorizeUrl` asks its owner for them, and for all that is granted already. */
export class MissingScopesError extends Error {
  override readonly name = "MissingScopesError";
  readonly code = "missing_scopes";
  readonly connectionId: string;
  readonly missingScopes: readonly string[];
  readonly grantedScopes: readonly string[];
  readonly authorizeUrl: string;

  constructor({ connectionId, missingScopes, grantedScopes, authorizeUrl }: Answer<"missing_scopes">) {
    super(`Connection ${connectionId} lacks the scopes ${missingScopes.join(", ")}: send its owner to this error's authorizeUrl.`);
    this.connectionId = connectionId;
    this.missingScopes = missingScopes;
    this.grantedScopes = grantedScopes;
    this.authorizeUrl = authorizeUrl;
  }
}

/** There is no connection, or it was disconnected. `authorizeUrl` makes one. */
export class NotConnectedError extends Error {
  override readonly name = "NotConnectedError";
  readonly code = "not_connected";
  readonly integration: string;
  readonly subject: string;
  readonly authorizeUrl: string;

  constructor({ integration, subject, authorizeUrl }: Answer<"not_connected">) {
    // The subject may be a mail address, and messages end up in logs.
    super(`This subject has no connection at ${integration}: send them to this error's authorizeUrl.`);
    this.integration = integration;
    this.subject = subject;
    this.authorizeUrl = authorizeUrl;
  }
}

const mendOf = {
  provider_unavailable: "its provider does not answer: try again",
  rate_limited: "its provider asks for patience: try again",
  misconfigured: "its integration is misconfigured, and no waiting mends that: run `evergrant doctor`, then try again",
  key_unavailable: "the server lacks the key that opens it: look at the server's encryption keys, then try again",
} as const satisfies Record<UnavailableReason, string>;

/** No token can be given at present, though the grant is not known to be dead. Nobody needs to authorize again. */
export class ProviderUnavailableError extends Error {
  override readonly name = "ProviderUnavailableError";
  readonly code = "unavailable";
  readonly connectionId: string;
  readonly reason: UnavailableReason;
  /** Asking before then is of no use. */
  readonly retryAt: Date;

  constructor({ connectionId, reason, retryAt }: Answer<"unavailable">) {
    super(`Connection ${connectionId} has no token at present; ${mendOf[reason]} after ${retryAt}.`);
    this.connectionId = connectionId;
    this.reason = reason;
    this.retryAt = new Date(retryAt);
  }
}

/**
 * A request was to take a connection's token to a host that it is not meant for. Nothing was sent. If the host is the provider's, name
 * it: under `resourceHosts` of the integration, or as an option of `fetch`.
 */
export class ResourceHostError extends Error {
  override readonly name = "ResourceHostError";
  readonly code = "resource_host_refused";
  readonly connectionId: string;
  /** With its scheme and port. */
  readonly origin: string;
  readonly resourceHosts: readonly string[];

  constructor({ connectionId, origin, resourceHosts }: { connectionId: string; origin: string; resourceHosts: readonly string[] }) {
    super(
      `The token of connection ${connectionId} is not sent to ${origin}: it is for ${resourceHosts.join(", ")}, by https. ` +
        "If that is its provider's API, add it to the integration's resourceHosts.",
    );
    this.connectionId = connectionId;
    this.origin = origin;
    this.resourceHosts = resourceHosts;
  }
}

/**
 * Evergrant itself did not answer: no connection, a deadline, an overloaded server, or something else at that address.
 * Says nothing about the connection. Not thrown while a token that is still valid is at hand.
 */
export class EvergrantUnreachableError extends Error {
  override readonly name = "EvergrantUnreachableError";
  readonly code = "unreachable";
  /** Null where no HTTP answer came. */
  readonly httpStatus: number | null;

  constructor(message: string, httpStatus: number | null) {
    super(message);
    this.httpStatus = httpStatus;
  }
}

/** Evergrant refused the call; asking again alike brings the same. The message names the field and the mend. */
export class EvergrantRequestError extends Error {
  override readonly name = "EvergrantRequestError";
  readonly code = "request_refused";
  /** The procedure, such as `connections.get`. */
  readonly procedure: string;
  /** Null where the status says it all: 401, 403, or an input with faults. */
  readonly reason: ErrorCode | null;
  readonly httpStatus: number;

  constructor(message: string, details: { procedure: string; reason: ErrorCode | null; httpStatus: number }) {
    super(`${details.procedure}: ${message}`);
    this.procedure = details.procedure;
    this.reason = details.reason;
    this.httpStatus = details.httpStatus;
  }
}
