"use client";
/**
 * `@evergrant/react`: connect button and hooks for a page whose user connects accounts.
 *
 * @module @evergrant/react
 */
export { EvergrantProvider, type EvergrantProviderProps } from "./evergrant-provider.tsx";
export { useEvergrant, type Evergrant } from "./evergrant-context.ts";
export { useConnections } from "./use-connections.ts";
export { useConnection, type WhichConnection } from "./use-connection.ts";
export { useConnect, type Connect, type ConnectOptions } from "./use-connect.ts";
export { ConnectButton, type ConnectButtonProps } from "./connect-button.tsx";
export { ConnectFailedError, type ConnectFailure } from "./connect-failed-error.ts";
export type { ButtonState } from "./button-state.ts";
export type { FlowState, FlowStatus } from "./flow-state.ts";
export type { Way } from "./flows.ts";
export type { Labels } from "./labels.ts";
export type { Need } from "./need.ts";
export type { Api, ApiError } from "./queries.ts";
export type { IntegrationId, IntegrationScope, Register, RegisteredScopes } from "./register.ts";
export type { SubjectSession } from "./signed-in.ts";
