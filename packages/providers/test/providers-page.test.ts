import { readFile } from "node:fs/promises";
import { providerShape } from "@evergrant/schema";
import { expect, it } from "vitest";
import { providersPage } from "../scripts/providers-page.ts";
import { loadProvider, providerIds } from "../src/catalogue.ts";

it("docs/providers.md is what the catalogue says: `pnpm --filter @evergrant/providers docs` writes it anew", async () => {
  const providers = await Promise.all(providerIds.map((id) => loadProvider(id)));
  const page = await readFile(new URL("../../../docs/providers.md", import.meta.url), "utf8");
  expect(page).toBe(providersPage(providers.filter((facts) => facts !== undefined)));
});

it("says of a provider what a developer must know", () => {
  const page = providersPage([
    providerShape.parse({
      id: "acme",
      name: "Acme_Works",
      docsUrl: "https://acme.example/docs",
      registration: { url: "https://{host}/apps", steps: "Apps, New" },
      confidence: "low",
      authorizationEndpoint: "https://{host}/authorize",
      tokenEndpoint: "https://{host}/token",
      urlParameters: ["host"],
      pkce: "required",
      accountIn: { source: "callback", idPath: "team", labelPath: "team" },
      captures: { callback: ["team"] },
      offlineAccess: { scopes: ["offline"], parameters: { prompt: "consent" } },
      accessTokenLifetimeSeconds: 5400,
      refreshTokenLifetimeSeconds: 7_776_000,
      grantLifetimeSeconds: 86_400,
      grantsPerAccount: 20,
      refreshLimit: { grants: 1, withinSeconds: 3600 },
      rotation: { mode: "grace", graceSeconds: 600 },
      refreshEndsAccessToken: true,
      defaultScopes: ["read"],
      openTo: [{ source: "^(a|b):.+$" }],
      scopes: { read: { description: "Read", sensitivity: "read" }, offline: { description: "Refresh", sensitivity: "basic" } },
      quirks: ["Answers with <html> at night"],
    }),
  ]);
  for (const line of [
    "1 authorization server with 2 scopes, each described in one file under",
    "| [Acme\\_Works](#acme) | `acme` | 2 | 90 minutes | rotates, the one before works for 10 minutes more | low |",
    "`acme` · [documentation](https://acme.example/docs) · confidence low",
    "- **Register an app**: `https://{host}/apps`: Apps, New.",
    "- **Parameters**: `host`",
    "- **Client**: `client_secret_basic`; PKCE required.",
    "- **Scopes**: 2; by default `read`; and what tenants name themselves: `^(a\\|b):.+$`.",
    "- **Access token**: 90 minutes; a refresh ends the one before.",
    "- **Refresh token**: needs the scope `offline` and `prompt=consent`, which Evergrant adds; rotates, the one before works for 10 minutes more; ends after 90 days unused; 1 refresh in 1 hour at most.",
    "- **Grant**: ends 1 day after consent; 20 for one account and client at most: another one ends the oldest.",
    "- **Account**: `team` in the callback.",
    "- **Revocation**: not offered, so a disconnected grant lives on there until it ends by itself.",
    "- **Kept with a connection**: `team`.",
    "- Answers with \\<html\\> at night.",
  ]) {
    expect(page.split("\n")).toContain(line);
  }
});
