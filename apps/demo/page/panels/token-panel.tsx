/**
 * The access token's life, without the token.
 */
import type { ConnectionView } from "../connection.ts";
import { useTokenStatus } from "../shown/use-token-status.ts";
import { useNow } from "../use-now.ts";
import { Panel } from "./panel.tsx";

export function TokenPanel({ connection, lifetimeSeconds }: { readonly connection: ConnectionView; readonly lifetimeSeconds: number }) {
  const { data: status } = useTokenStatus(connection.id);
  const isOver = connection.status !== "active";
  return (
    <Panel title="The access token" badge={isOver ? { text: "None", kind: "bad" } : undefined} code={["page/shown/use-token-status.ts"]}>
      {isOver ? (
        <p>There is none, and Evergrant hands out none: an expired token is worse than a clear answer.</p>
      ) : (
        status !== undefined && (
          <>
            <Countdown
              key={status.generation}
              expiresAt={status.expiresAt}
              lifetimeSeconds={lifetimeSeconds}
              generation={status.generation}
            />
            <p>
              It lives {lifetimeSeconds} seconds. A few seconds before its end Evergrant trades the refresh token for a new one, once,
              whoever asks. This page knows when it ends, and never sees it.
            </p>
          </>
        )
      )}
    </Panel>
  );
}

interface CountdownProps {
  readonly expiresAt: string | null;
  readonly lifetimeSeconds: number;
  readonly generation: number;
}

function Countdown({ expiresAt, lifetimeSeconds, generation }: CountdownProps) {
  const now = useNow();
  const leftSeconds = expiresAt === null ? 0 : Math.max(0, Math.round((Date.parse(expiresAt) - now.getTime()) / 1000));
  return (
    <div className="countdown">
      <p>
        <span className="figure" role="timer">
          {leftSeconds}
        </span>{" "}
        seconds left of token {generation}
      </p>
      <progress max={lifetimeSeconds} value={Math.min(leftSeconds, lifetimeSeconds)} aria-label="Life left of the access token" />
    </div>
  );
}
