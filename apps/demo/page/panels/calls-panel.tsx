/**
 * Calls of the API that go on while tokens come and go.
 */
import { useState } from "react";
import type { ConnectionView } from "../connection.ts";
import { type Call, useCalls } from "../use-calls.ts";
import { Panel } from "./panel.tsx";

export function CallsPanel({ connection }: { readonly connection: ConnectionView }) {
  const [isRepeated, setRepeated] = useState(true);
  const isActive = connection.status === "active";
  const { data: calls = [], refetch, isError } = useCalls(connection.id, { isActive, isRepeated });
  const notes = calls.findLast((call) => call.notes !== null)?.notes ?? [];
  return (
    <Panel title="Your notes" code={["src/call-notes.ts"]}>
      <p>This app’s backend asks the provider’s API for them. Each mark is a call; its shade changes with the token.</p>
      <ul className="notes">
        {[...new Set(notes)].map((note) => (
          <li key={note}>{note}</li>
        ))}
      </ul>
      <Strip calls={calls} />
      <div className="actions">
        <button type="button" className="button quiet" disabled={!isActive} onClick={() => void refetch()}>
          Call now
        </button>
        <label className="switch">
          <input type="checkbox" checked={isRepeated} onChange={({ target }) => setRepeated(target.checked)} /> and every 3 seconds
        </label>
      </div>
      {isError && <p role="alert">The app does not answer. Is npm start still running?</p>}
      {!isActive && <p>No calls are made: there is no token to make them with.</p>}
    </Panel>
  );
}

/** One mark a call; its shade changes with the token. */
function Strip({ calls }: { readonly calls: readonly Call[] }) {
  const last = calls.at(-1);
  if (last === undefined) return null;
  const failed = calls.filter(({ outcome }) => outcome !== "ok").length;
  const tokens = new Set(calls.flatMap(({ generation }) => generation ?? [])).size;
  const count = (number: number, word: string) => `${number} ${word}${number === 1 ? "" : "s"}`;
  return (
    <>
      <div className="strip" aria-hidden="true">
        {calls.map(({ outcome, generation }, index) => (
          <i key={index} className={outcome === "ok" ? `token-${(generation ?? 0) % 2}` : "failed"} />
        ))}
      </div>
      <p className="tally">
        <span>
          {count(calls.length, "call")}, {failed === 0 ? "none" : failed} refused, by {count(tokens, "token")}
        </span>
        <span>
          last: <code>{last.outcome === "ok" ? `${last.httpStatus} in ${last.ms} ms` : last.outcome}</code>
        </span>
      </p>
    </>
  );
}
