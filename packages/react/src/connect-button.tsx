/**
 * `<ConnectButton>`: one button for a connection's whole life, without a style of its own.
 */
import { type ComponentProps, type MouseEvent, type ReactElement, type ReactNode, useId } from "react";
import { isBusy } from "./flow-state.ts";
import { type Labels, defaultLabels } from "./labels.ts";
import type { IntegrationId } from "./register.ts";
import { type ButtonState, buttonStateOf, outcomeOf } from "./button-state.ts";
import { type Connect, type ConnectOptions, useConnect } from "./use-connect.ts";
import { useIntegrationName } from "./use-integration-name.ts";

type ButtonProps = Omit<ComponentProps<"button">, "children" | "type" | "aria-busy" | "aria-disabled">;

export interface ConnectButtonProps<Id extends IntegrationId = IntegrationId> extends ButtonProps, ConnectOptions<Id> {
  readonly integration: Id;
  /** Whether it disconnects where all is well; otherwise it then does nothing. */
  readonly disconnects?: boolean | undefined;
  /** What is in the button in place of its label. */
  readonly children?: ReactNode | ((connect: Connect) => ReactNode);
  /** Other words, or another language. */
  readonly labels?: Partial<Labels> | undefined;
}

/**
 * Connects, waits, renews a grant that has ended, asks for scopes that are missing and, if it is told to, disconnects. While it waits for
 * the person, a click calls it off. An `onClick` of your own that calls `preventDefault` keeps it from all of that.
 *
 * Style it by `data-state` (`ButtonState`) and, after a flow, `data-outcome` (`connected`, `denied`, `cancelled`, `failed`). Beside it
 * stands an `output` that tells what has happened, to screen readers as well.
 *
 * @example <ConnectButton integration="github" scopes={["read:user", "repo"]} className="button" disconnects />
 */
export function ConnectButton<const Id extends IntegrationId>(props: ConnectButtonProps<Id>): ReactElement {
  const { integration, scopes, connectionId, mode, returnTo, disconnects = false, children, labels, onClick, ...rest } = props;
  const connect = useConnect(integration, { scopes, connectionId, mode, returnTo });
  const name = useIntegrationName(integration);
  const describedBy = useId();
  const state = buttonStateOf(connect, disconnects);
  const words: Labels = { ...defaultLabels, ...labels };
  const act = actOf(state, connect);
  return (
    <>
      <button
        aria-describedby={describedBy}
        {...rest}
        type="button"
        data-state={state}
        data-outcome={outcomeOf(connect)}
        aria-busy={connect.isDisconnecting || isBusy(connect)}
        aria-disabled={act === null}
        onClick={(event: MouseEvent<HTMLButtonElement>) => {
          onClick?.(event);
          if (!event.defaultPrevented) act?.();
        }}
      >
        {typeof children === "function" ? children(connect) : (children ?? words[state](name))}
      </button>
      <output id={describedBy} data-evergrant="message">
        {messageOf(connect, words, name)}
      </output>
    </>
  );
}

/** Null: there is nothing that a click could do. */
function actOf(state: ButtonState, { connect, cancel, disconnect, reload }: Connect): (() => void) | null {
  switch (state) {
    case "connect":
    case "reauthorize":
    case "step_up":
      return () => void connect();
    case "unavailable":
      return () => void reload();
    case "waiting":
      return cancel;
    case "disconnect":
      // What went wrong is the `problem` then.
      return () => void disconnect().catch(() => undefined);
    default:
      return null;
  }
}

function messageOf(connect: Connect, words: Labels, name: string): string | null {
  if (connect.problem !== null) return words.failedMessage(name, connect.problem);
  switch (connect.status) {
    case "waiting":
      return words.waitingMessage(name);
    case "denied":
      return words.deniedMessage(name);
    case "cancelled":
      return words.cancelledMessage(name);
    case "failed":
      return words.failedMessage(name, connect.error);
    default:
      // A flow that went well says nothing of what has happened since.
      if (connect.need === "reauthorize") return words.reauthorizeMessage(name);
      return connect.status === "connected" && connect.need === "nothing" ? words.connectedMessage(name) : null;
  }
}
