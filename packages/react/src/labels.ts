/**
 * The words of a connect button.
 */
import type { ButtonState } from "./button-state.ts";
import type { ConnectFailedError } from "./connect-failed-error.ts";

type Word = (integrationName: string) => string;

/** The label of each state, and the messages beside the button. */
export interface Labels extends Readonly<Record<ButtonState, Word>> {
  readonly waitingMessage: Word;
  readonly connectedMessage: Word;
  readonly deniedMessage: Word;
  readonly cancelledMessage: Word;
  readonly reauthorizeMessage: Word;
  /** Of a flow that failed, and of a `problem`. */
  readonly failedMessage: (integrationName: string, error: ConnectFailedError) => string;
}

export const defaultLabels: Labels = {
  loading: (name) => `Connect ${name}`,
  unavailable: () => "Try again",
  connect: (name) => `Connect ${name}`,
  opening: (name) => `Connecting ${name}…`,
  waiting: (name) => `Cancel connecting ${name}`,
  confirming: (name) => `Connecting ${name}…`,
  connected: (name) => `${name} is connected`,
  reauthorize: (name) => `Reconnect ${name}`,
  step_up: (name) => `Allow more at ${name}`,
  disconnect: (name) => `Disconnect ${name}`,
  disconnecting: (name) => `Disconnecting ${name}…`,
  waitingMessage: () => "Go on in the window that has opened.",
  connectedMessage: (name) => `${name} is connected.`,
  deniedMessage: (name) => `You did not give access to ${name}.`,
  cancelledMessage: () => "Nothing was connected.",
  reauthorizeMessage: (name) => `${name} does not let this app in any more.`,
  failedMessage: (_name, error) => error.message,
};
