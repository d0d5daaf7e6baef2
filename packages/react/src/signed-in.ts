/**
 * Who is signed in: the app's backend says so together with each session.
 */
import type { Session } from "@evergrant/client";

/** A session as `sessions.create` answers it, and so as the app's backend hands it on. */
export interface SubjectSession extends Session {
  /** Whose it is. */
  readonly subject: string;
}

export interface SignedIn {
  /** For the client: asks the app's backend. */
  readonly session: () => Promise<SubjectSession>;
  /** The subject of the last session, or of the first, which is then fetched. */
  readonly subject: () => Promise<string>;
}

/** @param onAnother Called where a session is another subject's than the one before: somebody else has signed in. */
export function createSignedIn(fetchSession: () => Promise<SubjectSession>, onAnother: () => void): SignedIn {
  let subject: string | null = null;
  let ahead: Promise<SubjectSession> | null = null;
  let underWay: Promise<SubjectSession> | null = null;
  const fetchNow = async () => {
    const session = await fetchSession();
    if (typeof session.subject !== "string" || session.subject === "") {
      throw new TypeError("session: the function must give { sessionToken, expiresAt, subject }, as sessions.create answers it");
    }
    const isAnother = subject !== null && subject !== session.subject;
    subject = session.subject;
    if (isAnother) onAnother();
    return session;
  };
  const begin = () => {
    const begun = fetchNow();
    underWay = begun;
    const over = () => {
      if (underWay === begun) underWay = null;
    };
    begun.then(over, over);
    return begun;
  };
  return {
    session: () => {
      const fetched = ahead ?? begin();
      ahead = null;
      return fetched;
    },
    subject: async () => {
      if (subject !== null) return subject;
      // What the client waits for says it too. Another session would be kept for it, and be old by the time that it is used.
      if (underWay !== null) return (await underWay).subject;
      // Kept for the client, which needs a session next.
      ahead ??= begin();
      const fetched = ahead;
      try {
        return (await fetched).subject;
      } catch (error) {
        if (ahead === fetched) ahead = null;
        throw error;
      }
    },
  };
}
