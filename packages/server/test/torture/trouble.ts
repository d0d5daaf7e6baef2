/**
 * The troubles of a plan, made from outside: signals, a lock on the file, limits of the kernel, and requests held at the provider.
 */
import Libsql from "libsql";
import { pause } from "../../src/single-flight.ts";
import { type Trouble, leaseMs } from "./plan.ts";
import type { TorturedProcess } from "./processes.ts";
import type { Scene } from "./scene.ts";

type SteppedTrouble = Extract<Trouble, { step: unknown }>;

/** Somebody who stands at the step of the plan, and how to let them go on. */
interface Victim {
  readonly process: TorturedProcess;
  readonly letGo: () => void;
}

/** How long nobody may take to come to the step. */
const patienceMs = 15_000;

/** Makes the trouble when its moment comes; resolves when it is over. Begin before the callers ask. */
export async function makeTrouble(scene: Scene): Promise<void> {
  const { trouble } = scene.plan;
  if (!("step" in trouble)) return;
  const victim = await firstAt(scene, trouble.step);
  await befall(scene, trouble, victim);
}

async function befall(scene: Scene, trouble: SteppedTrouble, { process, letGo }: Victim): Promise<void> {
  const { evergrant, connectionId } = scene;
  switch (trouble.kind) {
    case "kill":
      // A request held at the provider stays there: it was never processed, or its answer never left.
      return process.kill();
    case "pause":
      process.stop();
      if (trouble.step !== "sent" && trouble.step !== "processed") letGo();
      await othersTakeOver(scene, process);
      process.resume();
      return letGo();
    case "reconnect":
      await evergrant.connect("alice", { connectionId });
      return letGo();
    case "disconnect":
      await evergrant.api.connections.disconnect.mutate({ connectionId });
      return letGo();
    case "busy": {
      const unlock = lock(evergrant.folder.databaseUrl().replace(/^file:/, ""));
      letGo();
      await pause(trouble.holdMs);
      return unlock();
    }
    case "disk full":
      for (const each of scene.processes) each.limitFiles(0);
      letGo();
      await pause(trouble.holdMs);
      for (const each of scene.processes) each.limitFiles("unlimited");
      return;
    case "read-only":
      await Promise.all(scene.processes.map((each) => each.perform({ do: "set read-only", on: true })));
      letGo();
      await pause(trouble.holdMs);
      await Promise.all(scene.processes.map((each) => each.perform({ do: "set read-only", on: false })));
  }
}

/** The first process at a step. At the provider's steps it is the one whose request is held. */
async function firstAt({ evergrant, processes }: Scene, step: SteppedTrouble["step"]): Promise<Victim> {
  if (step === "sent" || step === "processed") {
    const held = evergrant.sandbox.hold("refresh", step === "sent" ? "before" : "after");
    await inTime(held.arrived, step);
    const process = processes.find(({ journal }) => journal.some(({ what }) => what === "sent"));
    if (process === undefined) throw new Error("nobody sent the request that is held");
    return { process, letGo: held.release };
  }
  const process = await inTime(Promise.race(processes.map((each) => each.atGate.then(() => each))), step);
  // The gate is for one: whoever else stands there, or would, goes on.
  for (const other of processes) if (other !== process) void other.perform({ do: "open gate" });
  return { process, letGo: () => void process.perform({ do: "open gate" }).catch(() => undefined) };
}

/** Lets the others look for as long as it takes for a lease to run out and for somebody to act on it. */
async function othersTakeOver({ processes, connectionId }: Scene, paused: TorturedProcess): Promise<void> {
  const others = processes.filter((process) => process !== paused);
  const until = Date.now() + leaseMs * 2;
  while (Date.now() < until) {
    await Promise.all(others.map((process) => process.perform({ do: "read", connectionId, callers: 1 })));
    await pause(leaseMs / 5);
  }
}

/** Holds the write lock on a database file, as a process does that writes for long. */
function lock(path: string): () => void {
  const connection = new Libsql(path, { timeout: 2_000 });
  connection.exec("BEGIN IMMEDIATE");
  return () => {
    connection.exec("ROLLBACK");
    connection.close();
  };
}

async function inTime<Result>(work: Promise<Result>, step: string): Promise<Result> {
  const late = new AbortController();
  const deadline = pause(patienceMs).then(() => {
    if (!late.signal.aborted) throw new Error(`nobody came to the step "${step}"`);
    return work;
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    late.abort();
  }
}
