/**
 * What there is to see, in the order in which it happens.
 */
import { useConnection } from "@evergrant/react";
import { useBackend } from "../backend-context.ts";
import { AccountPanel } from "./account-panel.tsx";
import { CallsPanel } from "./calls-panel.tsx";
import { EventsPanel } from "./events-panel.tsx";
import { ProviderPanel } from "./provider-panel.tsx";
import { TokenPanel } from "./token-panel.tsx";
import { WritingPanel } from "./writing-panel.tsx";

export function Panels() {
  const { facts } = useBackend();
  const { data: connection, isError } = useConnection("sandbox");
  return (
    <main>
      <div className="intro">
        <h1>An account that stays connected</h1>
        <p>
          This small app uses an account at a provider. Evergrant asks for the access, renews it, and says when it has ended. The provider
          is a sandbox on this machine: no passwords, nothing real.
        </p>
      </div>
      {isError && <p role="alert">Evergrant does not answer. Is npm start still running?</p>}
      {connection !== undefined && (
        <div className="columns">
          <div className="column">
            <AccountPanel connection={connection} />
            {connection !== null && (
              <>
                <TokenPanel connection={connection} lifetimeSeconds={facts.tokenLifetimeSeconds} />
                <CallsPanel connection={connection} />
                <WritingPanel connection={connection} />
                <ProviderPanel connection={connection} />
              </>
            )}
          </div>
          <EventsPanel />
        </div>
      )}
    </main>
  );
}
