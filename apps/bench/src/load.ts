/**
 * What a load is, and what it comes to.
 */

export interface LoadRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

/** Requests over and over, on so many connections at once, each waiting for its answer before the next. */
export interface Load {
  readonly url: string;
  readonly requests: readonly LoadRequest[];
  readonly connections: number;
  readonly seconds: number;
}

export interface LoadResult {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Each caller goes through a share of its own once and ends. Shares are of one length. */
export interface SharedLoad {
  readonly url: string;
  /** What every caller asks for before its share: it opens the connection, and does not count. */
  readonly first: LoadRequest;
  readonly shares: readonly (readonly LoadRequest[])[];
}

export interface SharedLoadResult {
  readonly asked: number;
  /** Answers that had an access token in them. */
  readonly served: number;
  /** From the first question to the last answer. */
  readonly tookMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}
