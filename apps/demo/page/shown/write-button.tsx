/**
 * Asks for one scope more than the connection has.
 */
import { ConnectButton } from "@evergrant/react";

export const WriteButton = () => (
  <ConnectButton
    integration="sandbox"
    className="button"
    scopes={["notes:read", "notes:write"]}
    labels={{ step_up: () => "Allow writing" }}
  />
);
