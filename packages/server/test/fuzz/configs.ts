/**
 * Config files: JSON that is hardly a config, and configs that are nearly valid.
 */
import { parseJsonConfig, resolveConfig } from "@evergrant/providers";
import { appShape } from "@evergrant/schema";
import * as fc from "fast-check";
import { brokenJson, hostileJson, nearlyValid } from "./hostile.ts";
import type { Target } from "./target.ts";

const canary = "canary-of-a-client-secret";
const texts = (...values: unknown[]) => values.map((value) => JSON.stringify(value));

const pool = {
  publicUrl: texts("https://evergrant.example.com", "https://evergrant.example.com/base/"),
  clientId: texts("x", { env: "CLIENT_ID" }, { env: "MISSING" }),
  clientSecret: texts(canary, { env: "CLIENT_SECRET" }),
  provider: texts("github", "gitlab", "no-such-provider", "__proto__", { issuer: "https://issuer.example.com" }),
  parameters: texts({ host: "gitlab.internal" }, { tenant: "../x" }, { __proto__: null, port: "1" }),
  scopes: texts(["read:user"], ["repo", "read:user"], ["no-such-scope"]),
  returnOrigins: texts(["https://app.example.com"]),
  redirectPath: texts("/own/callback"),
  providers: [
    ...texts({ github: { clientId: "x", clientSecret: canary } }),
    ...texts({ github: { clientId: "x" }, "two-of-it": { provider: "github", clientId: "y", redirectPath: "/oauth/callback/github" } }),
    '{"__proto__":{"clientId":"x"},"constructor":{"provider":"github","clientId":"x"}}',
  ],
};

export const configs: Target<string> = {
  name: "config files",
  open: async () => ({
    inputs: fc.oneof(
      { weight: 8, arbitrary: nearlyValid(appShape, pool) },
      { weight: 1, arbitrary: hostileJson },
      { weight: 1, arbitrary: brokenJson },
    ),
    attempt: async (text) => {
      const parsed = parseJsonConfig(text);
      const environment = { CLIENT_ID: "id", CLIENT_SECRET: canary };
      const resolution = parsed.ok ? await resolveConfig(parsed.input, { environment, development: false }) : parsed;
      if (resolution.ok) return;
      if (resolution.faults.length === 0) throw new Error("refused without a fault");
      for (const fault of resolution.faults) {
        if (fault.message === "" || fault.mend === "") throw new Error(`a fault without a mend: ${JSON.stringify(fault)}`);
        if (JSON.stringify(fault).includes(canary)) throw new Error(`a fault quotes a secret: ${JSON.stringify(fault)}`);
      }
    },
    [Symbol.asyncDispose]: async () => {},
  }),
};
