/**
 * What has happened, as it happens.
 */
import type { EventType, EvergrantEvent } from "@evergrant/schema";
import { useEvents } from "../shown/use-events.ts";
import { Panel } from "./panel.tsx";

const words = {
  "connection.created": "Connected",
  "connection.reauthorized": "Authorized again, same connection",
  "connection.refreshed": "A new access token",
  "connection.refresh_failed": "A refresh failed; it is tried again",
  "connection.scopes_narrowed": "The provider grants less than before",
  "connection.reauthorization_required": "The grant has ended",
  "connection.recovered": "It works again",
  "connection.disconnected": "Disconnected",
  "connection.confirmation_refused": "A finished flow was somebody else’s",
  "connection.revocation": "Revoked at the provider",
  "integration.misconfigured": "The integration is misconfigured",
  "integration.recovered": "The integration works again",
  "webhook.disabled": "A webhook was switched off",
} as const satisfies Record<EventType, string>;

export function EventsPanel() {
  const { data } = useEvents();
  const events = data?.events ?? [];
  return (
    <aside className="column">
      <Panel title="What has happened" code={["page/shown/use-events.ts"]}>
        <div role="log" aria-label="Events">
          {events.length === 0 && <p>Nothing yet. Each change shows up here as it happens.</p>}
          <ol className="events">
            {events.map((event) => (
              <li key={event.id} className={kindOf(event)}>
                <time dateTime={event.at}>{new Date(event.at).toLocaleTimeString()}</time>
                <span>
                  {words[event.type]} <code>{event.type}</code>
                </span>
              </li>
            ))}
          </ol>
        </div>
      </Panel>
    </aside>
  );
}

function kindOf({ type }: EvergrantEvent): "bad" | "good" | "quiet" {
  if (type === "connection.reauthorization_required" || type === "connection.refresh_failed") return "bad";
  return type === "connection.refreshed" ? "quiet" : "good";
}
