/**
 * An integration's scope lists, judged: which faults and warnings they give, with the nearest real scope as the mend.
 */
import type { ConfigFault } from "@evergrant/schema";
import { at } from "./config-path.ts";
import { type ScopeRules, judgeScopes, spellings } from "./scopes.ts";

/** The three lists of an integration; those that were left out are undefined. */
export interface ScopeLists {
  readonly scopes?: readonly string[] | undefined;
  readonly optionalScopes?: readonly string[] | undefined;
  readonly allowUnlistedScopes?: readonly string[] | undefined;
}

const listNames = ["scopes", "optionalScopes", "allowUnlistedScopes"] as const;

/** What is wrong, or merely odd, with an integration's scopes at its provider. */
export function scopeFaults(
  lists: ScopeLists,
  provider: ScopeRules,
  integration: { id: string; providerName: string; path: string },
): { faults: ConfigFault[]; warnings: ConfigFault[] } {
  const { providerName, path } = integration;
  if (provider.scopes !== undefined && Object.keys(provider.scopes).length === 0 && provider.openTo.length === 0) {
    const message = `${providerName} has no scopes: what a connection may do is set there`;
    const named = listNames.filter((name) => (lists[name]?.length ?? 0) > 0);
    return { faults: named.map((name) => ({ path: at(path, name), message, mend: `remove ${name}` })), warnings: [] };
  }
  const faults = [...unknownScopes(lists, provider, integration), ...namedTwice(lists, provider, path)];
  return { faults, warnings: needlesslyAllowed(lists, provider, path) };
}

function unknownScopes(
  lists: ScopeLists,
  provider: ScopeRules,
  integration: { id: string; providerName: string; path: string },
): ConfigFault[] {
  const { id, providerName, path } = integration;
  const allowUnlistedScopes = lists.allowUnlistedScopes ?? [];
  return (["scopes", "optionalScopes"] as const).flatMap((name) =>
    judgeScopes(lists[name] ?? [], { provider, allowUnlistedScopes }).flatMap(({ scope, verdict, nearest }, index) =>
      verdict === "unknown"
        ? [
            {
              path: at(path, name, index),
              message: `${providerName} has no scope "${scope}" (integration "${id}")`,
              mend: mendFor(nearest),
            },
          ]
        : [],
    ),
  );
}

function mendFor(nearest: readonly string[]): string {
  const allow = "if you know that it exists, name it under allowUnlistedScopes too";
  return nearest.length === 0
    ? `remove it; ${allow}`
    : `did you mean ${nearest.map((scope) => `"${scope}"`).join(" or ")}? Otherwise, ${allow}`;
}

function namedTwice({ scopes = [], optionalScopes = [] }: ScopeLists, provider: ScopeRules, path: string): ConfigFault[] {
  const asked = new Set(scopes.flatMap((scope) => spellings(scope, provider)));
  return optionalScopes.flatMap((scope, index) =>
    asked.has(scope)
      ? [
          {
            path: at(path, "optionalScopes", index),
            message: `"${scope}" stands under scopes already`,
            mend: "keep it in one of the two lists",
          },
        ]
      : [],
  );
}

function needlesslyAllowed(lists: ScopeLists, provider: ScopeRules, path: string): ConfigFault[] {
  if (provider.scopes === undefined) return [];
  const { scopes = [], optionalScopes = [], allowUnlistedScopes = [] } = lists;
  return judgeScopes(allowUnlistedScopes, { provider }).flatMap(({ scope, verdict }, index) => {
    const here = at(path, "allowUnlistedScopes", index);
    if (verdict !== "unknown") return [{ path: here, message: `"${scope}" is a scope that the provider has`, mend: "remove it here" }];
    if (scopes.includes(scope) || optionalScopes.includes(scope)) return [];
    return [
      {
        path: here,
        message: `"${scope}" is allowed and never asked for`,
        mend: "name it under scopes or optionalScopes, or remove it here",
      },
    ];
  });
}
