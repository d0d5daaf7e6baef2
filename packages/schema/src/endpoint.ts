/**
 * What may be an endpoint: an absolute https URL, in which an integration's parameters may be missing yet.
 */
import { z } from "zod";

/** An absolute URL, `https:` unless the host is loopback; `{name}` in it is filled from an integration's `parameters`. */
export const endpointShape = z
  .string()
  .max(2048, "an endpoint is at most 2,048 characters long")
  .refine(
    isEndpoint,
    "an absolute https URL without user info or fragment (http only for a loopback host), such as https://sso.example.com/oauth/token",
  );

function isEndpoint(value: string): boolean {
  // A placeholder may stand for a host, a port or a path segment, so it is filled before the URL is read.
  const filled = value.replaceAll(/:\{[A-Za-z][A-Za-z0-9]*\}(?=[/?]|$)/g, ":1").replaceAll(/\{[A-Za-z][A-Za-z0-9]*\}/g, "x");
  if (!URL.canParse(filled)) return false;
  const url = new URL(filled);
  if (url.username !== "" || url.password !== "" || url.hash !== "") return false;
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopbackHost(url.hostname));
}

/** Whether a URL's host name is this machine: 127.0.0.0/8, `[::1]` or `localhost` (RFC 6761 §6.3). */
export function isLoopbackHost(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
