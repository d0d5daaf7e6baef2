/**
 * The scopes of the sandbox, and what each one means to the person who is asked for it.
 */

export const scopeWords = {
  openid: "Know who you are",
  profile: "See your name",
  email: "See your email address",
  "notes:read": "Read your notes",
  "notes:write": "Write notes in your name",
  offline_access: "Stay connected while you are away",
} as const satisfies Record<string, string>;

/** A scope that the sandbox has (RFC 6749 §3.3). */
export type SandboxScope = keyof typeof scopeWords;

/** All of them, in the order in which the consent page asks. */
export const sandboxScopes = Object.keys(scopeWords).filter(isSandboxScope);

/** Scopes that nobody can untick: without them there would be no sign-in, or no connection worth having. */
export const fixedScopes: readonly SandboxScope[] = ["openid", "offline_access"];

/** Whether the sandbox has a scope of that name. */
export function isSandboxScope(scope: string): scope is SandboxScope {
  return Object.hasOwn(scopeWords, scope);
}

/** The scopes without the last one that can be spared. */
export function fewerOf(scopes: readonly string[]): string[] {
  const spared = scopes.findLast((scope) => !fixedScopes.some((fixed) => fixed === scope));
  return scopes.filter((scope) => scope !== spared);
}
