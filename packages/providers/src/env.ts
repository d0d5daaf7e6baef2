/**
 * The word of a config for "the value of this environment variable".
 */
import type { EnvironmentReference } from "@evergrant/schema";

/**
 * Stands for the value of an environment variable, which is read when the config is loaded: the secret is in no file and in no type.
 *
 * @example clientSecret: env("GITHUB_CLIENT_SECRET")
 */
export function env(name: string): EnvironmentReference {
  return { env: name };
}
