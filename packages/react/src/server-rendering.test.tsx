import { renderToString } from "react-dom/server";
import { expect, it } from "vitest";
import { ConnectButton } from "./connect-button.tsx";
import { EvergrantProvider } from "./evergrant-provider.tsx";
import { useConnect } from "./use-connect.ts";

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

it("a hook without a provider says what is missing", () => {
  expect(() => renderToString(<Status />)).toThrow("put one around this component");
});
