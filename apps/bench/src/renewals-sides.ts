/**
 * The servers whose tokens have to be refreshed, each with a provider of its own and with decks of connections, one for each
 * measurement and round: a token that was refreshed is fresh from then on.
 */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { generateEncryptionKey } from "@evergrant/server";
import { seed, seededConnectionId } from "@evergrant/server/test/seed";
import { createClient } from "@libsql/client";
import { accessTokenRequest, addAccount, createTables, openBetterAuth, signUp } from "./better-auth-app.ts";
import { type Child, startChild } from "./child.ts";
import { clientId, integrationId } from "./evergrant-config.ts";
import type { LoadRequest } from "./load.ts";
import type { RenewalsQuestion } from "./renewals-process.ts";
import { type TokenServer, firstRefreshToken } from "./token-server.ts";

/** Connections in a row, all with tokens of one kind; `due` ones are so once `makeDue` was called. */
export interface Deck {
  readonly from: number;
  readonly connections: number;
  readonly tokens: "fresh" | "due" | "expired";
}

/** A server that is up, and what it is asked. */
export interface RenewalsSide extends AsyncDisposable {
  readonly child: Child;
  readonly url: string;
  readonly provider: TokenServer;
  requestsOf(deck: Deck): LoadRequest[];
  /** Its family of refresh tokens at the provider. */
  familyOf(connection: number): string;
  /** From now on the tokens of a deck are due. */
  makeDue(deck: Deck): Promise<void>;
  /** Resolves when nothing is refreshed behind an answer any more. */
  settle(): Promise<void>;
}

export interface Population {
  readonly connectionsPerSubject: number;
  readonly decks: readonly Deck[];
}

const accessTokenBytes = 1_024;
const hourMs = 3_600_000;
/** How long refreshes behind answers may take. */
const settleDeadlineMs = 60_000;

/** Evergrant as `evergrant serve` runs it, with its refresher, which finds nothing due that a deck does not make so. */
export async function startEvergrantSide(folder: string, provider: TokenServer, population: Population): Promise<RenewalsSide> {
  const databaseUrl = `file:${join(folder, "evergrant.db")}`;
  const encryptionKeys = generateEncryptionKey();
  const familyOf = (connection: number) => `evergrant-${connection}`;
  let apiKey = "";
  for (const { from, connections, tokens } of population.decks) {
    const seeded = await seed({
      databaseUrl,
      encryptionKeys,
      integrationId,
      authority: provider.url,
      clientId,
      from,
      to: from + connections,
      connectionsPerSubject: population.connectionsPerSubject,
      accessTokenBytes,
      requestedAt: new Date(Date.now() - hourMs),
      expiresAt: new Date(Date.now() + (tokens === "expired" ? -30_000 : hourMs)),
      dueAt: () => new Date(Date.now() + hourMs),
      refreshToken: (connection) => firstRefreshToken(familyOf(connection)),
    });
    apiKey = seeded.apiKey;
  }
  const child = await startChild(new URL("renewals-process.ts", import.meta.url), 0);
  const url = await child.ask<string>({
    kind: "open_evergrant",
    folder,
    databaseUrl,
    encryptionKeys,
    provider: provider.url,
  } satisfies RenewalsQuestion);
  const client = createClient({ url: databaseUrl, timeout: 5_000 });
  const headers = { "content-type": "application/json", authorization: `Bearer ${apiKey}` };
  return {
    child,
    url,
    provider,
    familyOf,
    requestsOf: (deck) =>
      numbersOf(deck).map((number) => ({
        method: "POST",
        path: "/trpc/tokens.get",
        headers,
        body: JSON.stringify({ connectionId: seededConnectionId(number) }),
      })),
    async makeDue({ from, connections }) {
      await client.execute({
        // In order of birth, so that a deck is one range.
        sql: "UPDATE refresh_schedule SET due_at = ? WHERE connection_id BETWEEN ? AND ?",
        args: [BigInt(Date.now() - 1_000), seededConnectionId(from), seededConnectionId(from + connections - 1)],
      });
    },
    async settle() {
      for (const deadline = performance.now() + settleDeadlineMs; performance.now() < deadline; await pause(20)) {
        const sql = "SELECT count(*) AS due FROM refresh_schedule WHERE state = 'active' AND due_at <= ?";
        const { rows } = await client.execute({ sql, args: [BigInt(Date.now())] });
        if (rows[0]?.["due"] === 0) return;
      }
      throw new Error("refreshes behind answers do not come to an end");
    },
    async [Symbol.asyncDispose]() {
      client.close();
      await child[Symbol.asyncDispose]();
    },
  };
}

/** Accounts at Better Auth in a file, which several of its servers may open. */
export interface BetterAuthAccounts {
  readonly databaseUrl: string;
  /** By number of connection. */
  readonly accounts: ReadonlyMap<number, { readonly accountId: string; readonly cookie: string }>;
}

/** Fills a file for Better Auth with the same decks; it knows nothing of tokens that are due. */
export async function fillBetterAuth(folder: string, population: Population): Promise<BetterAuthAccounts> {
  const databaseUrl = `file:${join(folder, "better-auth.db")}`;
  await createTables(databaseUrl);
  const auth = await openBetterAuth({ url: "http://127.0.0.1:4000", databaseUrl });
  const accounts = new Map<number, { accountId: string; cookie: string }>();
  let user = { userId: "", cookie: "" };
  for (const deck of population.decks) {
    if (deck.tokens === "due") continue;
    for (const number of numbersOf(deck)) {
      if (number % population.connectionsPerSubject === 0) user = await signUp(auth, number);
      const accountId = await addAccount(auth, {
        userId: user.userId,
        accountId: `account-${number}`,
        accessToken: "x".repeat(accessTokenBytes),
        refreshToken: firstRefreshToken(peerFamilyOf(number)),
        expiresAt: new Date(Date.now() + (deck.tokens === "expired" ? -30_000 : hourMs)),
      });
      accounts.set(number, { accountId, cookie: user.cookie });
    }
  }
  return { databaseUrl, accounts };
}

/** One server of Better Auth on a file that was filled. */
export async function startBetterAuthSide(provider: TokenServer, { databaseUrl, accounts }: BetterAuthAccounts): Promise<RenewalsSide> {
  const child = await startChild(new URL("renewals-process.ts", import.meta.url), 0);
  const url = await child.ask<string>({ kind: "open_better_auth", databaseUrl, provider: provider.url } satisfies RenewalsQuestion);
  return {
    child,
    url,
    provider,
    familyOf: peerFamilyOf,
    requestsOf: (deck) =>
      numbersOf(deck).map((number) => {
        const account = accounts.get(number);
        if (account === undefined) throw new Error(`Better Auth has no account ${number}`);
        return accessTokenRequest(url, account);
      }),
    makeDue: () => Promise.reject(new Error("Better Auth knows no due")),
    settle: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

/** The connections of a deck, by their numbers. */
export function numbersOf({ from, connections }: Deck): number[] {
  return Array.from({ length: connections }, (_, index) => from + index);
}

function peerFamilyOf(connection: number): string {
  return `peer-${connection}`;
}
