/**
 * `EvergrantProvider`: one client, one session and one set of flows for the components below it.
 */
import { QueryClient, QueryClientContext, QueryClientProvider } from "@tanstack/react-query";
import { type ReactElement, type ReactNode, useContext, useEffect, useRef, useState } from "react";
import { createPage } from "./create-page.ts";
import { EvergrantContext } from "./evergrant-context.ts";
import type { SubjectSession } from "./signed-in.ts";

export interface EvergrantProviderProps {
  /** The server's `publicUrl`. This page's origin must be one of its `allowedOrigins` and `returnOrigins`. */
  readonly url: string;
  /**
   * Asks the app's own backend for a session of the user whom it has signed in: what `sessions.create` answered there. Called when one is
   * needed, shortly before it ends, and once where the server refuses it.
   */
  readonly session: () => Promise<SubjectSession>;
  /** Whether changes are shown as they happen, by one stream of events for all tabs; default true. */
  readonly live?: boolean | undefined;
  readonly children?: ReactNode;
}

/**
 * Put it around the pages that show connections, and around the page that flows come back to. It confirms a flow that has come back to
 * this page by itself. Uses the `QueryClient` above it, if there is one.
 *
 * @example
 * const session = async () => (await fetch("/api/session", { method: "POST" })).json();
 *
 * <EvergrantProvider url="https://evergrant.example.com" session={session}>
 *   <ConnectButton integration="github" />
 * </EvergrantProvider>
 */
export function EvergrantProvider(props: EvergrantProviderProps): ReactElement {
  const above = useContext(QueryClientContext);
  const [own] = useState(() => new QueryClient());
  const inner = <Inner key={props.url} queryClient={above ?? own} {...props} />;
  return above === undefined ? <QueryClientProvider client={own}>{inner}</QueryClientProvider> : inner;
}

function Inner({
  url,
  session,
  live = true,
  queryClient,
  children,
}: EvergrantProviderProps & { readonly queryClient: QueryClient }): ReactElement {
  // A function that is made anew at each render is no reason for another client.
  const latest = useRef(session);
  useEffect(() => {
    latest.current = session;
  });
  const [page] = useState(() => createPage({ url, session: () => latest.current(), queryClient }));
  useEffect(() => page.start(live), [page, live]);
  return <EvergrantContext.Provider value={page.held}>{children}</EvergrantContext.Provider>;
}
