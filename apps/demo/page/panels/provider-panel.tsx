/**
 * What the owner can do at the provider, behind this app's back.
 */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useBackend } from "../backend-context.ts";
import type { ConnectionView } from "../connection.ts";
import { callAgain } from "../use-calls.ts";
import { Panel } from "./panel.tsx";

export function ProviderPanel({ connection }: { readonly connection: ConnectionView }) {
  const { ask, facts } = useBackend();
  const queryClient = useQueryClient();
  const act = useMutation({
    mutationFn: (deed: "end-tokens" | "revoke") => ask(`/api/provider/${deed}`, { method: "POST" }),
    onSuccess: () => callAgain(queryClient),
  });
  const isActive = connection.status === "active";
  return (
    <Panel title="At the provider" code={["src/at-provider.ts"]}>
      <p>
        An owner can take the access away in the{" "}
        <a href={facts.providerUrl} target="_blank" rel="noreferrer">
          provider’s settings
        </a>
        , and nobody tells the app. The next call finds out.
      </p>
      <dl className="deeds">
        <div>
          <dt>
            <button type="button" className="button quiet" disabled={!isActive || act.isPending} onClick={() => act.mutate("end-tokens")}>
              End the token early
            </button>
          </dt>
          <dd>
            The next call is refused, the token refreshed once, the call made again: it succeeds. A token younger than ten seconds is not
            refreshed; until then calls are refused.
          </dd>
        </div>
        <div>
          <dt>
            <button type="button" className="button danger" disabled={!isActive || act.isPending} onClick={() => act.mutate("revoke")}>
              Revoke at the provider
            </button>
          </dt>
          <dd>The grant is dead, and no refresh brings it back. The connection says so, and waits for you.</dd>
        </div>
      </dl>
      <output>{act.isSuccess && isActive && "Done, at the provider only."}</output>
    </Panel>
  );
}
