/**
 * `evergrant` as a library: a whole server in a process of one's own, as the demo runs it.
 *
 * @module evergrant
 */
export { CliError, type CliErrorCode, type Fault } from "./cli-error.ts";
export { type Environment, readEnvironment } from "./env.ts";
export { type HttpDoor, listen } from "./http-door.ts";
export { type LoadedConfig, loadConfig } from "./load-config.ts";
export { createLog } from "./log.ts";
export { type RunningServer, type StartServerOptions, startServer } from "./start-server.ts";
export { stopRequestOf } from "./stop-request.ts";
export type { Output } from "./surroundings.ts";
export { toCliError } from "./to-cli-error.ts";
export { type Paint, paintFor } from "./terminal.ts";
