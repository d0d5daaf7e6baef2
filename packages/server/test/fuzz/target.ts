/**
 * What is fuzzed, and how a run of it is counted.
 */
import * as fc from "fast-check";

/** Something that takes input from others, in a scene of its own. */
export interface Target<Input> {
  readonly name: string;
  /** The scene; disposed of after each stretch of inputs. */
  open(): Promise<Scene<Input>>;
}

export interface Scene<Input> extends AsyncDisposable {
  readonly inputs: fc.Arbitrary<Input>;
  /** Tries one input; throws where a promise was broken. */
  attempt(input: Input): Promise<void>;
  /** What must still hold when all inputs have been tried. */
  atEnd?(): Promise<void>;
}

/** What came of fuzzing one target. */
export interface Count {
  readonly tried: number;
  /** The smallest input of each stretch that broke a promise, and how. */
  readonly unhandled: readonly string[];
}

/** Inputs of one scene: after so many another is made, since inputs change it. */
const stretch = 1_000;

/**
 * Tries `runs` inputs on a target.
 *
 * The same seed tries the same inputs. A stretch that breaks a promise is shrunk to its smallest input, and the next one goes on.
 */
export async function fuzz<Input>(target: Target<Input>, { runs, seed }: { runs: number; seed: number }): Promise<Count> {
  const unhandled: string[] = [];
  let tried = 0;
  for (let begun = 0; begun < runs; begun += stretch) {
    await using scene = await target.open();
    const attempt = async (input: Input): Promise<void> => {
      tried += 1;
      await noticingRejections(() => scene.attempt(input));
    };
    const details = await fc.check(fc.asyncProperty(scene.inputs, attempt), {
      seed: seed + begun,
      numRuns: Math.min(stretch, runs - begun),
      timeout: 60_000,
      maxSkipsPerRun: 0,
    });
    if (details.failed) unhandled.push(`seed ${seed + begun}: ${fc.stringify(details.counterexample)}\n${String(details.errorInstance)}`);
    else await scene.atEnd?.().catch((error: unknown) => unhandled.push(`seed ${seed + begun}, at the end: ${String(error)}`));
  }
  return { tried, unhandled };
}

/** A rejection that nobody handles ends a server: it breaks a promise, whoever awaited what. */
async function noticingRejections(work: () => Promise<void>): Promise<void> {
  const rejected: unknown[] = [];
  const notice = (reason: unknown): void => void rejected.push(reason);
  process.on("unhandledRejection", notice);
  try {
    await work();
    // Rejections are told of once the microtasks are done.
    await new Promise(setImmediate);
  } finally {
    process.off("unhandledRejection", notice);
  }
  if (rejected.length > 0) throw new Error(`nobody handled a rejection: ${String(rejected[0])}`);
}
