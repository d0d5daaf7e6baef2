/**
 * The sandbox as a process of its own.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { z } from "zod";
import { startSandbox, type SandboxOptions } from "./index.ts";

const usage = `Usage: node main.js [options]

  --port <number>                    0 or absent: a free one; always on 127.0.0.1
  --consent page|automatic           a page to log in and consent (default), or straight through
  --redirect-uri <url>               where the client may be sent back to; may be given more than once
  --client-id <id>                   default evergrant-sandbox
  --client-secret <secret>           default sandbox-secret-for-tests-only
  --access-token-lifetime <seconds>  default 60
  --rotation strict|grace|none       default strict
  --grace <seconds>                  how long a spent refresh token still works under grace; default 30
  --json                             say what started as one line of JSON
  --with-parent                      stop when standard input closes

Example: node main.js --port 4001 --consent automatic --access-token-lifetime 10`;

const text = { type: "string" } as const;
const flag = { type: "boolean", default: false } as const;

/** What a shell hands over, made into options; everything is a word until here. */
const argumentsShape = z
  .object({
    port: z.coerce.number().int().min(0).max(65_535),
    consent: z.enum(["page", "automatic"]),
    "redirect-uri": z.array(z.url()),
    "client-id": z.string().min(1),
    "client-secret": z.string().min(1),
    "access-token-lifetime": z.coerce.number().int().positive(),
    rotation: z.enum(["strict", "grace", "none"]),
    grace: z.coerce.number().int().positive(),
  })
  .transform((given): SandboxOptions => ({
    port: given.port,
    consent: given.consent,
    accessTokenLifetimeSeconds: given["access-token-lifetime"],
    rotation: given.rotation,
    graceSeconds: given.grace,
    clients: [
      { clientId: given["client-id"], clientSecret: given["client-secret"], redirectUris: given["redirect-uri"], name: "Evergrant" },
    ],
  }));

await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});

/** Runs until a signal comes, or until standard input closes where that was asked for. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      help: flag,
      port: { ...text, default: "0" },
      consent: { ...text, default: "page" },
      "redirect-uri": { ...text, multiple: true, default: ["http://127.0.0.1:4000/oauth/callback/sandbox"] },
      "client-id": { ...text, default: "evergrant-sandbox" },
      "client-secret": { ...text, default: "sandbox-secret-for-tests-only" },
      "access-token-lifetime": { ...text, default: "60" },
      rotation: { ...text, default: "strict" },
      grace: { ...text, default: "30" },
      json: flag,
      "with-parent": flag,
    },
  });
  if (values.help) return void process.stdout.write(`${usage}\n`);
  const given = argumentsShape.safeParse(values);
  if (!given.success) throw new Error(`${z.prettifyError(given.error)}\n\n${usage}`);

  const sandbox = await startSandbox(given.data);
  const { issuer, client, tokenEndpoint } = sandbox;
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ issuer, clientId: client.clientId, tokenEndpoint })}\n`
      : `Sandbox: ${issuer} (client ${client.clientId})\n`,
  );

  const stop = () => {
    process.stdin.destroy(); // Or the wait for its end would keep the process.
    void sandbox.close();
  };
  process.once("SIGINT", stop).once("SIGTERM", stop);
  // A parent that dies without a word leaves its end of the pipe closed.
  if (values["with-parent"]) process.stdin.once("end", stop).resume();
}
