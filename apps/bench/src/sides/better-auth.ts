/**
 * The peer: Better Auth; `getAccessToken` with the session cookie that its HTTP API asks for, and by user id as only code in its own
 * process may.
 */
import { join } from "node:path";
import { accessTokenRequest, addAccount, createTables, serveBetterAuth, signUp } from "../better-auth-app.ts";
import { type SideSettings, randomNumbers, requestCount, serveSide } from "./side.ts";

serveSide(prepare);

async function prepare(settings: SideSettings) {
  const databaseUrl = `file:${join(settings.folder, "better-auth.db")}`;
  await createTables(databaseUrl);
  const { url, auth } = await serveBetterAuth({ databaseUrl });
  const accounts: { accountId: string; userId: string; cookie: string }[] = [];
  for (let subject = 0; subject < settings.subjects; subject += 1) {
    const { userId, cookie } = await signUp(auth, subject);
    for (let connection = 0; connection < settings.connectionsPerSubject; connection += 1) {
      const accountId = await addAccount(auth, {
        userId,
        accountId: `account-${subject}-${connection}`,
        accessToken: "x".repeat(settings.accessTokenBytes),
        refreshToken: "r".repeat(64),
        expiresAt: new Date(Date.now() + 3_600_000),
      });
      accounts.push({ accountId, userId, cookie });
    }
  }

  const chosen = randomNumbers(requestCount, accounts.length).flatMap((number) => accounts[number] ?? []);
  const headersOf = chosen.map(({ cookie }) => new Headers({ cookie, origin: url }));
  const chosenAt = (round: number) => chosen[round % chosen.length] ?? { accountId: "", userId: "", cookie: "" };
  const calls = {
    session: async (round: number) =>
      auth.api.getAccessToken({
        body: { accountId: chosenAt(round).accountId },
        headers: headersOf[round % chosen.length] ?? new Headers(),
      }),
    user_id: async (round: number) => {
      const { accountId, userId } = chosenAt(round);
      return auth.api.getAccessToken({ body: { accountId, userId } });
    },
  };
  for (const call of Object.values(calls)) {
    const answer = await call(0);
    if (answer.accessToken?.length !== settings.accessTokenBytes) throw new Error("Better Auth answers with another token");
  }
  return {
    url,
    requests: { session: chosen.map((account) => accessTokenRequest(url, account)) },
    calls,
  };
}
