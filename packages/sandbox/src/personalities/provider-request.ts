/**
 * A request as a personality reads it: where by the provider's own addresses, and what it carries.
 */
import type { IncomingMessage } from "node:http";

export interface ProviderRequest {
  /** The method and the documented URL without its query, such as `POST https://slack.com/api/oauth.v2.access`. */
  readonly at: string;
  readonly query: URLSearchParams;
  /** How the body was written; `none` where there is none. */
  readonly format: "form" | "json" | "none" | "other";
  /** The members of the body that are texts. */
  readonly body: Readonly<Record<string, string>>;
  /** From `Authorization: Basic` (RFC 6749 §2.3.1); null where there is none. */
  readonly basic: { readonly id: string; readonly secret: string } | null;
  readonly header: (name: string) => string | null;
}

/** Reads a request that arrived at the place of a documented origin. */
export async function readProviderRequest(message: IncomingMessage, origin: string): Promise<ProviderRequest> {
  const url = new URL(message.url ?? "/", origin);
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(Buffer.from(chunk as Uint8Array));
  const text = Buffer.concat(chunks).toString("utf8");
  const header = (name: string) => {
    const value = message.headers[name.toLowerCase()];
    return typeof value === "string" ? value : null;
  };
  return {
    at: `${message.method ?? "GET"} ${origin}${url.pathname}`,
    query: url.searchParams,
    ...readBody(text, header("content-type") ?? ""),
    basic: readBasic(header("authorization") ?? ""),
    header,
  };
}

function readBody(text: string, type: string): Pick<ProviderRequest, "format" | "body"> {
  if (text === "") return { format: "none", body: {} };
  if (type.startsWith("application/x-www-form-urlencoded")) return { format: "form", body: Object.fromEntries(new URLSearchParams(text)) };
  if (!type.startsWith("application/json")) return { format: "other", body: {} };
  const value: unknown = JSON.parse(text);
  const members = typeof value === "object" && value !== null ? Object.entries(value) : [];
  return {
    format: "json",
    body: Object.fromEntries(members.filter((member): member is [string, string] => typeof member[1] === "string")),
  };
}

function readBasic(authorization: string): ProviderRequest["basic"] {
  const [, encoded] = /^Basic (.+)$/.exec(authorization) ?? [];
  const [, id, secret] = /^([^:]*):(.*)$/.exec(Buffer.from(encoded ?? "", "base64").toString("utf8")) ?? [];
  return id === undefined || secret === undefined ? null : { id: decodeURIComponent(id), secret: decodeURIComponent(secret) };
}
