import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { renderToString } from "react-dom/server";
import { expect, it } from "vitest";
import { connection, connectionId } from "./fake-page.ts";
import { ConnectButton } from "../src/connect-button.tsx";
import { useEvergrant } from "../src/evergrant-context.ts";
import { EvergrantProvider } from "../src/evergrant-provider.tsx";
import type { Api } from "../src/queries.ts";
import { useConnect } from "../src/use-connect.ts";

const noSession = () => Promise.reject(new Error("a server has no session to give"));

function Status() {
  const { status, need } = useConnect("sandbox");
  return <p>{`${status} ${need}`}</p>;
}

it("renders where there is no window, asks for nothing, and knows nothing yet", () => {
  expect(typeof window).toBe("undefined");
  const html = renderToString(
    <EvergrantProvider url="https://evergrant.example.com" session={noSession}>
      <ConnectButton integration="sandbox" className="button" />
      <Status />
    </EvergrantProvider>,
  );
  expect(html).toMatch(/^<button[^>]* class="button" type="button" data-state="loading"[^>]*>Connect sandbox<\/button><output /);
  expect(html).toContain("<p>idle unknown</p>");
});

it("uses the QueryClient above it, with whatever that has been given; a button's words and content are the app's to choose", () => {
  const queryClient = new QueryClient();
  const given: Api[] = [];
  function Given() {
    given.push(useEvergrant().api);
    return null;
  }
  const render = (below: ReactNode) =>
    renderToString(
      <QueryClientProvider client={queryClient}>
        <EvergrantProvider url="https://evergrant.example.com" session={noSession}>
          <Given />
          {below}
        </EvergrantProvider>
      </QueryClientProvider>,
    );
  render(null);
  const [api] = given;
  if (api === undefined) throw new Error("nothing was rendered");
  queryClient.setQueryData(api.integrations.list.queryKey(), [{ id: "sandbox", name: "The Sandbox", scopes: [] }]);
  queryClient.setQueryData(api.connections.list.queryKey({ limit: 200 }), {
    connections: [connection({ status: "reauthorization_required", reason: "grant_revoked" })],
    nextCursor: null,
  });
  const html = render(
    <>
      <ConnectButton integration="sandbox" labels={{ reauthorize: (name) => `Noch einmal: ${name}` }} />
      <ConnectButton integration="sandbox">{({ need, connection: shown }) => `${need} ${shown?.id}`}</ConnectButton>
    </>,
  );
  expect([...html.matchAll(/data-state="(\w+)"[^>]*>([^<]*)</g)].map(([, state, label]) => [state, label])).toEqual([
    ["reauthorize", "Noch einmal: The Sandbox"],
    ["reauthorize", `reauthorize ${connectionId}`],
  ]);
  expect(html).toContain("The Sandbox does not let this app in any more.");
});

it("a hook without a provider says what is missing", () => {
  expect(() => renderToString(<Status />)).toThrow("put one around this component");
});
