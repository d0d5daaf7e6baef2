/**
 * The page: who is signed in, and below it everything that is theirs.
 */
import { EvergrantProvider, type SubjectSession } from "@evergrant/react";
import { QueryClient, QueryClientProvider, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type AppFacts, createBackend } from "./backend.ts";
import { BackendContext } from "./backend-context.ts";
import { Header } from "./header.tsx";
import { Panels } from "./panels/panels.tsx";

export function App() {
  const facts = useQuery({
    queryKey: ["user"],
    // Asked again when this tab is come back to, since another may have signed somebody else in.
    queryFn: async ({ client, queryKey }) => {
      const response = await fetch("/api/user");
      // The demo was started anew, so nobody is signed in; a fresh page is.
      if (response.status === 401 && client.getQueryData(queryKey) !== undefined) location.reload();
      if (!response.ok) throw new Error(`the backend answered ${response.status}`);
      return (await response.json()) as AppFacts;
    },
  });
  if (facts.data === undefined) return facts.isError ? <p role="alert">The demo does not answer. Is npm start still running?</p> : null;
  return (
    <>
      <Header facts={facts.data} />
      <SignedIn key={facts.data.user.id} facts={facts.data} />
    </>
  );
}

/** Made anew for each user, so that nothing of the one before is left. */
function SignedIn({ facts }: { readonly facts: AppFacts }) {
  const [queryClient] = useState(() => new QueryClient());
  const [backend] = useState(() => createBackend(facts));
  const session = async () => (await (await backend.ask("/api/session", { method: "POST" })).json()) as SubjectSession;
  return (
    <QueryClientProvider client={queryClient}>
      <BackendContext value={backend}>
        <EvergrantProvider url={facts.evergrantUrl} session={session}>
          <Panels />
        </EvergrantProvider>
      </BackendContext>
    </QueryClientProvider>
  );
}
