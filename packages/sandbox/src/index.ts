/**
 * A real authorization server that can be told to misbehave: for the demo and the specs. Not for production.
 */
export { startSandbox, type Sandbox, type SandboxOptions } from "./sandbox.ts";
export type { SandboxClient } from "./clients.ts";
export { SandboxError, type SandboxErrorCode } from "./errors.ts";
export type { Fault, FaultInput, Faults, Target } from "./faults.ts";
export type { Held, HoldPoint } from "./holds.ts";
export type { Counters, GrantRecord } from "./records.ts";
export type { LivingGrant } from "./living-grant.ts";
export type { Rotation } from "./store.ts";
export { startPersonality, type Personality, type PersonalityOptions, type SeenRequest } from "./personalities/personality.ts";
export type { Failure, Operation } from "./personalities/behaviour.ts";
export type { EndpointFacts } from "./personalities/places.ts";
export { personalityIds, type PersonalityId } from "./personalities/behaviours.ts";
