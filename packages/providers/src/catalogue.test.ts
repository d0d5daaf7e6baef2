import { readFile, readdir } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { providerShape } from "@evergrant/schema";
import { describe, expect, it } from "vitest";
import { providerFaults } from "../scripts/provider-faults.ts";
import { loadProvider, providerIds } from "./catalogue.ts";

async function factsOf(id: string) {
  const facts = await loadProvider(id);
  if (facts === undefined) throw new Error(`${id} is not in the catalogue`);
  return facts;
}

describe("the catalogue", () => {
  it("has 115 providers, Slack's users beside its bots, and the sandbox: one file each", async () => {
    expect(providerIds).toHaveLength(115 + 2);
    const files = await readdir(new URL("providers", import.meta.url));
    expect(files.map((file) => file.replace(/\.ts$/, "")).toSorted()).toEqual(providerIds.toSorted());
  });

  it("is in alphabetical order", () => expect(providerIds).toEqual(providerIds.toSorted()));

  it("knows no other", async () => {
    expect(await loadProvider("githb")).toBeUndefined();
    expect(await loadProvider("constructor")).toBeUndefined();
  });

  it("gives the same object at every call", async () => {
    expect(await loadProvider("linear")).toBe(await loadProvider("linear"));
  });

  it("pulls no provider in before it is asked for", async () => {
    const source = await readFile(new URL("catalogue.ts", import.meta.url), "utf8");
    const imported = [...stripTypeScriptTypes(source).matchAll(/^\s*import\b.*from\s+"([^"]+)"/gm)].map(([, from]) => from);
    expect(imported).toEqual(["@evergrant/schema"]);
  });
});

describe.each(providerIds)("%s", (id) => {
  it("is of the provider shape, under its own id, with every default filled in", async () => {
    const facts = await factsOf(id);
    expect(providerShape.parse(facts)).toEqual(facts);
    expect(facts.id).toBe(id);
    expect(Object.values(facts)).not.toContain(undefined);
  });

  it("keeps the rules of the catalogue", async () => expect(providerFaults(await factsOf(id))).toEqual([]));

  it("has every endpoint on https, the sandbox on this machine apart", async () => {
    const facts = await factsOf(id);
    const { scopes: _, aliasPrefixes: __, openTo: ___, quirks: ____, ...rest } = facts;
    const http = [...JSON.stringify(rest).matchAll(/"(http:[^"]*)"/g)].map(([, url]) => url);
    expect(http.filter((url) => !(id === "sandbox" && url?.startsWith("http://127.0.0.1:{port}")))).toEqual([]);
  });
});

describe("what is known of single providers", () => {
  it("GitHub's repo gives public_repo, and admin:org what is below write:org", async () => {
    const { scopes } = await factsOf("github");
    expect(scopes["repo"]?.implies).toContain("public_repo");
    expect(scopes["admin:org"]?.implies).toEqual(["write:org"]);
    expect(scopes["write:org"]?.implies).toEqual(["read:org"]);
  });

  it.each(["google", "facebook", "strava", "squareup", "stripe", "kakao"])(
    "%s revokes all of an account and client at once",
    async (id) => {
      expect((await factsOf(id)).revocation?.ends).toBe("account");
    },
  );

  it("Microsoft has no issuer, since it differs from account to account, and wants its scopes named at every refresh", async () => {
    const microsoft = await factsOf("microsoft");
    expect(microsoft).not.toHaveProperty("issuer");
    expect(microsoft.scopeSentWith).toContain("refresh");
  });

  it.each([
    ["atlassian", 600],
    ["xero", 1800],
    ["shopify", 2_592_000],
  ])("%s takes a spent refresh token for %i seconds more", async (id, graceSeconds) => {
    expect((await factsOf(id)).rotation).toEqual({ mode: "grace", graceSeconds });
  });

  it.each(["github", "gitlab", "ringcentral", "airtable", "miro", "zendesk", "whoop"])(
    "a refresh at %s ends the access token",
    async (id) => {
      expect((await factsOf(id)).refreshEndsAccessToken).toBe(true);
    },
  );

  it.each([
    ["atlassian", 365],
    ["linkedin", 365],
    ["spotify", 180],
    ["line", 90],
    ["quickbooks", 5 * 365],
  ])("%s wants a new consent after %i days", async (id, days) => {
    expect((await factsOf(id)).grantLifetimeSeconds).toBe(days * 86_400);
  });

  it.each([
    ["figma", "https://api.figma.com/v1/oauth/refresh"],
    ["startgg", "https://api.start.gg/oauth/refresh"],
  ])("%s refreshes at an endpoint of its own", async (id, endpoint) => expect((await factsOf(id)).refreshEndpoint).toBe(endpoint));

  it("Zoho codes come from nine data centres, and a token is refreshed ten times in ten minutes at most", async () => {
    const zoho = await factsOf("zoho");
    expect(zoho.callbackOrigin?.origins).toContain("https://accounts.zohocloud.ca");
    expect(zoho.callbackOrigin?.origins).toHaveLength(9);
    expect(zoho.refreshLimit).toEqual({ grants: 10, withinSeconds: 600 });
  });

  it("QuickBooks names the company in the callback, Salesforce its host beside the token", async () => {
    expect(await factsOf("quickbooks")).toMatchObject({ captures: { callback: ["realmId"] }, accountIn: { source: "callback" } });
    expect((await factsOf("salesforce")).captures.token).toContain("instance_url");
  });

  it("Meta's tokens renew themselves", async () => {
    for (const id of ["facebook", "instagram", "threads"]) {
      expect(await factsOf(id)).toMatchObject({
        offlineAccess: null,
        longLivedExchange: { parameters: { grant_type: expect.stringMatching(/_exchange_token$/) } },
        accessTokenRenewal: { minimumAgeSeconds: 86_400 },
      });
    }
  });

  it("Slack's bots and users are two: scopes of users alone are not the bots'", async () => {
    const [bots, users] = [await factsOf("slack"), await factsOf("slack-user")];
    expect(users).toMatchObject({ scopeParameter: "user_scope", responseAdapter: "authed_user" });
    expect(users.scopes).toHaveProperty("search:read");
    expect(bots.scopes).not.toHaveProperty("search:read");
  });

  it("the sandbox may be on any port of this machine", async () => {
    expect((await factsOf("sandbox")).tokenEndpoint).toBe("http://127.0.0.1:{port}/token");
  });
});
