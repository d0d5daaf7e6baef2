/**
 * Who acts: it travels with the call, from where a request comes in to the batch that writes its audit row and the line that logs it, so
 * that no deed between has to hand it on. docs/decisions/who-acts.md has the reasons.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { ActorKind } from "@evergrant/schema";

/** Something that somebody does, as the audit log names it. */
export interface Act {
  readonly actor: { readonly kind: ActorKind; readonly id: string | null };
  /** A procedure's name, or a word of our own, such as `refresh`. */
  readonly action: string;
  readonly address: string | null;
  readonly requestId: string | null;
  /** What it turned out to concern. */
  about: Concern;
  /** Whether its row is in a batch of its own: then nothing more need be noted of it. */
  isWritten: boolean;
}

export interface Concern {
  readonly integrationId?: string | null | undefined;
  readonly subject?: string | null | undefined;
  readonly connectionId?: string | null | undefined;
}

const acts = new AsyncLocalStorage<Act>();

/** The act of this call; the server's own where nobody asked. */
export function currentAct(): Act {
  return acts.getStore() ?? begin({ actor: { kind: "system", id: null }, action: "system" });
}

/** Begins an act. What is left out is as in the act around it. */
export function begin(act: { actor?: Act["actor"]; action: string; address?: string | null; requestId?: string | null }): Act {
  const around = acts.getStore();
  return {
    actor: act.actor ?? around?.actor ?? { kind: "system", id: null },
    action: act.action,
    address: act.address ?? around?.address ?? null,
    requestId: act.requestId ?? around?.requestId ?? null,
    about: {},
    isWritten: false,
  };
}

/** Runs work as part of an act. */
export function acting<Result>(act: Act, work: () => Result): Result {
  return acts.run(act, work);
}

/** Runs work that somebody does with the process or the database in hand, such as a command. */
export function asOperator<Result>(action: string, work: () => Result): Result {
  return acting(begin({ actor: { kind: "operator", id: null }, action }), work);
}

/** Says what the current act concerns, where its input did not. */
export function concerning(concern: Concern): void {
  const act = acts.getStore();
  if (act !== undefined) act.about = { ...act.about, ...concern };
}
