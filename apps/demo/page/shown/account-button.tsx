/**
 * One button for a connection's whole life.
 */
import { ConnectButton } from "@evergrant/react";

export const AccountButton = () => <ConnectButton integration="sandbox" className="button" disconnects />;
