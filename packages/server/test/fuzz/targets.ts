/**
 * All targets, and how many of the inputs each of them gets.
 */
import { api } from "./api.ts";
import { browserPaths } from "./browser-paths.ts";
import { configs } from "./configs.ts";
import { importLines } from "./import-lines.ts";
import { codeAnswers, refreshAnswers } from "./provider-answers.ts";
import { type Count, type Target, fuzz } from "./target.ts";

export interface Share {
  readonly name: string;
  /** Of all inputs. */
  readonly share: number;
  fuzz(options: { runs: number; seed: number }): Promise<Count>;
}

export const targets: readonly Share[] = [
  shareOf(api, 0.4),
  shareOf(browserPaths, 0.15),
  shareOf(codeAnswers, 0.1),
  shareOf(refreshAnswers, 0.15),
  shareOf(configs, 0.15),
  shareOf(importLines, 0.05),
];

function shareOf<Input>(target: Target<Input>, share: number): Share {
  return { name: target.name, share, fuzz: (options) => fuzz(target, options) };
}
