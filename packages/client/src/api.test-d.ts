import type { AppRouter } from "@evergrant/server";
import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import { describe, expectTypeOf, it } from "vitest";
import type { Procedures } from "./api.ts";

/** What this client has no door to: a stream is no call, and webhooks, data keys and the audit log are for whoever runs the server. */
type Elsewhere = "events.stream" | `webhooks.${string}` | `keys.${string}` | `audit.${string}`;

/** `{ tokens: { get: T } }` as `{ "tokens.get": T }`. */
type Flat<Rooms> = {
  [Path in Exclude<PathsOf<Rooms>, Elsewhere>]: Path extends `${infer Room extends keyof Rooms & string}.${infer Name}`
    ? Rooms[Room][Name & keyof Rooms[Room]]
    : never;
};
type PathsOf<Rooms> = { [Room in keyof Rooms & string]: `${Room}.${keyof Rooms[Room] & string}` }[keyof Rooms & string];
type KindsOf<Rooms> = { [Room in keyof Rooms]: { [Name in keyof Rooms[Room]]: KindOf<Rooms[Room][Name]> } };
type KindOf<P> = P extends { _def: { type: infer Kind } } ? Kind : never;
type Parts<Part extends "kind" | "input" | "output"> = { [Path in keyof Procedures]: Procedures[Path][Part] };

describe("the procedures, against the server's router", () => {
  it("are the same ones, of the same kinds", () => {
    expectTypeOf<Parts<"kind">>().toEqualTypeOf<Flat<KindsOf<AppRouter["_def"]["record"]>>>();
  });

  it("take the same inputs", () => {
    expectTypeOf<Parts<"input">>().toEqualTypeOf<Flat<inferRouterInputs<AppRouter>>>();
  });

  it("give the same outputs", () => {
    expectTypeOf<Parts<"output">>().toEqualTypeOf<Flat<inferRouterOutputs<AppRouter>>>();
  });
});
