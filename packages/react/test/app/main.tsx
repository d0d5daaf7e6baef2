/**
 * An app as its developers would write it: who is signed in comes from its own backend, the rest from `@evergrant/react`.
 */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { ConnectButton, EvergrantProvider, type SubjectSession, useConnections } from "../../src/index.ts";

const session = async () => {
  const response = await fetch("/api/session", { method: "POST" });
  if (!response.ok) throw new Error("nobody is signed in");
  return (await response.json()) as SubjectSession;
};

const settings = new URLSearchParams(location.hash.slice(1));
const mode = settings.get("mode") === "redirect" ? "redirect" : "popup";

function Connections() {
  const { data = [] } = useConnections();
  return (
    <ul aria-label="Connections">
      {data.map(({ id, integration, status, grantedScopes }) => (
        <li key={id}>{[integration, status, ...grantedScopes].join(" ")}</li>
      ))}
    </ul>
  );
}

function Accounts() {
  return (
    <EvergrantProvider url="https://evergrant.test" session={session}>
      <ConnectButton integration="sandbox" mode={mode} disconnects />
      <section aria-label="Notes">
        <ConnectButton
          integration="sandbox"
          mode={mode}
          scopes={["notes:read", "notes:write"]}
          labels={{ step_up: () => "Allow writing" }}
        />
      </section>
      <Connections />
    </EvergrantProvider>
  );
}

/** Its own `QueryClient` outlives who is signed in. */
function App() {
  const [isSignedIn, setSignedIn] = useState(true);
  return (
    <>
      <h1>Your accounts</h1>
      {isSignedIn && <Accounts />}
      <footer>
        <button type="button" onClick={() => setSignedIn(!isSignedIn)}>
          {isSignedIn ? "Sign out" : "Sign in"}
        </button>
      </footer>
    </>
  );
}

createRoot(document.querySelector("main") ?? document.body).render(
  <StrictMode>
    <QueryClientProvider client={new QueryClient()}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
