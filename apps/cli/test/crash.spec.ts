import { expect, it } from "vitest";
import { makeFolder } from "./evergrant.ts";

const secret = "correct-horse-battery-staple";

/** A config whose code throws, with a secret in every part of the error, once it is told to by a signal. */
function crashing(how: "throw error" | "Promise.reject(error)" | "throw error.message"): string {
  return `
    const error = Object.assign(new TypeError("refused: ${secret}", { cause: new Error("${secret}\\n    at ${secret} (file:///${secret}:1:1)") }), {
      code: "E_${secret}!",
      response: { headers: { authorization: "Bearer ${secret}" }, body: "${secret}" },
    });
    setInterval(() => { if (globalThis.mayCrash) { ${how}; } }, 20);
    process.once("SIGUSR2", () => { globalThis.mayCrash = true; });
    export default { integrations: { oauth: { providers: {} } } };`;
}

const place = /^TypeError at file:.*evergrant\.config\.mjs/;

it.each([
  ["throw error", place],
  ["Promise.reject(error)", place],
  ["throw error.message", /^string$/],
] as const)("a process that dies of %s says where and not what, and ends with 70", async (how, told) => {
  for (const env of [{}, { EVERGRANT_DEBUG: "1" }]) {
    using folder = makeFolder(crashing(how), "evergrant.config.mjs");
    await using server = await folder.serve([], env);
    server.kill("SIGUSR2");
    const { code, stdout, stderr } = await server.ended();
    expect(code).toBe(70);
    expect(`${stdout}${stderr}`).not.toContain(secret);
    const last = stderr.split("\n").find((line) => line.includes("nobody foresaw")) ?? "";
    expect(JSON.parse(last)).toMatchObject({ level: "error", error: expect.stringMatching(told) });
  }
});
