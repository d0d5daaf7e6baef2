/**
 * The account: what the app will ask for, in plain words, and then what it was given.
 */
import { type ConnectionView, endOf } from "../connection.ts";
import { AccountButton } from "../shown/account-button.tsx";
import { useSandbox } from "../use-sandbox.ts";
import { Panel } from "./panel.tsx";

export function AccountPanel({ connection }: { readonly connection: ConnectionView | null }) {
  const end = connection === null ? null : endOf(connection);
  return (
    <Panel title="The account" badge={badgeOf(connection)} code={["page/shown/account-button.tsx", "src/mint-session.ts"]}>
      {connection === null ? (
        <p>This app would like to show your notes. The provider will ask you whether it may:</p>
      ) : (
        <p>
          <strong>{connection.account?.label ?? connection.account?.id}</strong> is {end === null ? "connected" : "not connected any more"}.{" "}
          {end ?? "This app may:"}
        </p>
      )}
      {end === null && <Scopes granted={connection?.grantedScopes ?? null} />}
      <div className="actions">
        <AccountButton />
      </div>
    </Panel>
  );
}

function badgeOf(connection: ConnectionView | null) {
  if (connection === null) return { text: "Not connected", kind: "quiet" } as const;
  return connection.status === "active" ? ({ text: "Connected", kind: "good" } as const) : ({ text: "Access ended", kind: "bad" } as const);
}

/** Before: what will be asked. After: what was granted, and what was not. */
function Scopes({ granted }: { readonly granted: readonly string[] | null }) {
  const { data: integration } = useSandbox();
  const scopes = integration?.scopes ?? [];
  const isGranted = (scope: string) => granted?.includes(scope) ?? false;
  return (
    <ul className="scopes">
      {scopes.map(({ scope, description, optional }) => (
        <li key={scope} className={isGranted(scope) ? "granted" : "asked"}>
          <span>
            {description ?? scope} <code>{scope}</code>
          </span>
          <small>{noteOf({ isGranted: isGranted(scope), isAsked: granted !== null, optional })}</small>
        </li>
      ))}
    </ul>
  );
}

function noteOf({ isGranted, isAsked, optional }: { isGranted: boolean; isAsked: boolean; optional: boolean }): string {
  if (isAsked) return isGranted ? "granted" : "not granted";
  return optional ? "not now: only once you need it" : "asked for now";
}
