/**
 * What one page holds: its client and session, its flows, and what keeps its queries up to date.
 */
import { createClient } from "@evergrant/client";
import type { QueryClient } from "@tanstack/react-query";
import { createBrowser } from "./browser.ts";
import type { Held } from "./evergrant-context.ts";
import { createFlows } from "./flows.ts";
import { createQueries, keyPrefix } from "./queries.ts";
import type { RegisteredScopes } from "./register.ts";
import { type SubjectSession, createSignedIn } from "./signed-in.ts";
import { createTabs } from "./tabs.ts";

export interface Page {
  readonly held: Held;
  /** Listens, and with `live` follows events; returns what ends it. May be started again. */
  start(live: boolean): () => void;
}

export interface PageOptions {
  readonly url: string;
  readonly session: () => Promise<SubjectSession>;
  readonly queryClient: QueryClient;
}

/** Events of one breath are one reason to fetch anew. */
const breathMs = 50;

/** Nothing of the browser is touched before `start`. */
export function createPage({ url, session, queryClient }: PageOptions): Page {
  const ours = { queryKey: [[keyPrefix]] };
  const refetch = () => queryClient.invalidateQueries(ours);
  let starts = 0;
  let followAnew: (() => void) | null = null;
  const signedIn = createSignedIn(session, () => {
    void queryClient.resetQueries(ours);
    followAnew?.();
  });
  const client = createClient<{ [registered]: RegisteredScopes }>({ url, session: signedIn.session });
  const tabs = createTabs(url);
  const flows = createFlows({ client, subject: signedIn.subject, browser: createBrowser(url), tabs, pause, onConnected: refetch });

  /** Loads what follows events; returns what ends it, loaded or not. */
  function follow(onChange: () => void): () => void {
    let end: (() => void) | null = null;
    let isOver = false;
    void import("./live-updates.ts").then(
      ({ followLive }) => {
        if (isOver) return null;
        const locks = "locks" in navigator ? navigator.locks : undefined;
        end = followLive({ client, url, subject: signedIn.subject, tabs, onChange, locks, pause });
        return end;
      },
      // A chunk that does not load is no reason for a page not to work.
      () => null,
    );
    return () => {
      isOver = true;
      end?.();
    };
  }

  /** What is shown of one person is not there for the next: a page that is not started again at once, as StrictMode does, leaves nothing. */
  function leave(start: number): void {
    setTimeout(() => start === starts && queryClient.removeQueries({ ...ours, type: "inactive" }));
  }

  return {
    held: {
      client,
      api: createQueries(client, queryClient),
      flows,
      changed: async () => {
        tabs.tell({ kind: "changed", eventId: null });
        await refetch();
      },
    },
    start: (live) => {
      starts += 1;
      let breath: ReturnType<typeof setTimeout> | undefined;
      const change = () => {
        breath ??= setTimeout(() => {
          breath = undefined;
          void refetch();
        }, breathMs);
      };
      const stopHearing = tabs.listen(({ kind }) => kind === "changed" && change());
      const stopFlows = flows.start();
      let stopFollowing = live ? follow(change) : () => undefined;
      followAnew = () => {
        stopFollowing();
        if (live) stopFollowing = follow(change);
      };
      return () => {
        followAnew = null;
        leave(starts);
        clearTimeout(breath);
        stopFollowing();
        stopFlows();
        stopHearing();
      };
    },
  };
}

/** Resolves after a while, or when the signal is aborted. */
function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done);
  });
}

/** Where a config's type keeps its scopes. */
declare const registered: unique symbol;
