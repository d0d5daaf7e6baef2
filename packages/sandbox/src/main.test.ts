import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { z } from "zod";
import { startSandbox } from "./index.ts";

function run(...options: string[]): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [fileURLToPath(new URL("main.ts", import.meta.url)), ...options]);
}

/** The first line of a stream, and the exit code that comes after whatever `then` does. */
async function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  let text = "";
  for await (const chunk of stream) {
    text += String(chunk);
    if (text.includes("\n")) break;
  }
  return text.split("\n")[0] ?? "";
}

it.each([
  ["SIGTERM", (child: ChildProcessWithoutNullStreams) => child.kill("SIGTERM"), []],
  ["SIGINT", (child: ChildProcessWithoutNullStreams) => child.kill("SIGINT"), ["--with-parent"]],
  ["its parent's end", (child: ChildProcessWithoutNullStreams) => child.stdin.end(), ["--with-parent"]],
] as const)("runs as a process until %s", async (_name, stop, options) => {
  const child = run(
    "--json",
    "--consent",
    "automatic",
    "--access-token-lifetime",
    "5",
    "--redirect-uri",
    "http://127.0.0.1:9/a",
    ...options,
  );
  const exit = once(child, "exit");
  const started = z.object({ issuer: z.url(), clientId: z.string() }).parse(JSON.parse(await firstLine(child.stdout)));
  expect(started.clientId).toBe("evergrant-sandbox");
  expect((await fetch(`${started.issuer}/.well-known/openid-configuration`)).status).toBe(200);
  stop(child);
  expect(await exit).toEqual([0, null]);
});

it("names the port that is taken, and the option that is wrong", async () => {
  await using sandbox = await startSandbox();
  const { port } = new URL(sandbox.issuer);
  const taken = run("--port", port);
  const [line, [code]] = await Promise.all([firstLine(taken.stderr), once(taken, "exit")]);
  expect([code, line]).toEqual([1, expect.stringContaining(`Port ${port} on 127.0.0.1 is taken`)]);

  const wrong = run("--rotation", "sometimes");
  const [, [wrongCode]] = await Promise.all([firstLine(wrong.stderr), once(wrong, "exit")]);
  expect(wrongCode).toBe(1);
});
