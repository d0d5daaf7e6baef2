/**
 * `evergrant serve`: the server in the foreground, until it is told to stop.
 */
import { Command, Option } from "commander";
import { z } from "zod";
import { type Cli, type CommonOptions, action, examples } from "./action.ts";
import { tell } from "./answer.ts";
import { type ExitCode, exitCodes } from "./cli-error.ts";
import { requireConfig } from "./find-config.ts";
import { loadConfig } from "./load-config.ts";
import { createLog } from "./log.ts";
import { defaultHost, defaultPort } from "./read-config.ts";
import { superviseWorkers } from "./supervise-workers.ts";
import type { Surroundings } from "./surroundings.ts";
import type { WorkerReady } from "./worker-processes.ts";

/** The command. */
export function serveCommand(cli: Cli): Command {
  return new Command("serve")
    .description("Run the server: migrate, listen, refresh what is due; until SIGTERM or Ctrl-C")
    .option("--port <number>", `where to listen; 0 takes a free one; left out, EVERGRANT_PORT or ${defaultPort}`, Number)
    .option("--host <address>", `on which address; left out, EVERGRANT_HOST or ${defaultHost}`)
    .option("--no-migrate", "refuse to start where migrations are pending, instead of applying them")
    .option("--workers <number>", "how many processes share the port and the database; left out, one", Number)
    .addOption(new Option("--worker <number>").hideHelp())
    .option("--with-parent", "stop also when standard input ends, so that it does not outlive what started it")
    .addHelpText(
      "after",
      `${examples(
        ["evergrant serve", "with the config in this folder"],
        ["evergrant serve --config deploy/evergrant.config.json --port 8080", "another config and port"],
        ["evergrant serve --host 0.0.0.0 --no-migrate", "in a container, migrated by a step before"],
        ["evergrant serve --workers 4", "on four cores: one that crashes is started again, and the others go on"],
      )}\n\nstdout has one line, when it is ready; the log goes to stderr, as JSON lines where that is no terminal.`,
    )
    .action(
      action(cli, {
        shape: z.object({
          port: z.number("must be a port number").int().min(0).max(65_535).optional(),
          host: z.string().min(1).optional(),
          migrate: z.boolean(),
          withParent: z.boolean().default(false),
          workers: z.number("must be a number").int().min(1).max(64).default(1),
        }),
        run: async (input, surroundings) => {
          const { workers } = surroundings;
          if (input.workers > 1 && workers.parent === null) return serveByWorkers(input, surroundings);
          await serveHere(input, surroundings);
          return null;
        },
      }),
    );
}

/** What `serve` was told. */
interface ServeInput extends CommonOptions {
  readonly port?: number | undefined;
  readonly host?: string | undefined;
  readonly migrate: boolean;
  readonly withParent: boolean;
  readonly workers: number;
}

/** The server in this process, whether it is alone or one of several workers. */
async function serveHere(input: ServeInput, surroundings: Surroundings): Promise<void> {
  const { environment, workingFolder, node, stderr } = surroundings;
  const { parent } = surroundings.workers;
  const config = await loadConfig(requireConfig({ named: input.config, workingFolder }), node);
  const log = createLog(stderr, environment, parent === null ? {} : { worker: parent.number });
  const { startServer } = await import("./start-server.ts");
  const server = await startServer({
    config,
    environment,
    host: input.host ?? environment.host ?? defaultHost,
    port: input.port ?? environment.port ?? defaultPort,
    migrations: input.migrate ? "apply" : "refuse_pending",
    log,
  });
  // A worker outlives no parent, and signals to the whole group reach it as well.
  const asked = surroundings.stopRequested({ withParent: parent === null && input.withParent });
  const stopRequested = parent === null ? asked : Promise.race([asked, parent.stopRequested]);
  const { madeKeys, warnings, appliedMigrations } = server;
  if (appliedMigrations.length > 0) log.info({ migrations: appliedMigrations }, "brought the database to this version");
  if (madeKeys.length > 0)
    log.info({ files: madeKeys }, "made keys for development; in production set EVERGRANT_ENCRYPTION_KEYS and EVERGRANT_API_KEY");
  // The same in every worker, so the first says it for all.
  if (parent === null || parent.number === 1) for (const { path, message, mend } of warnings) log.warn({ path, mend }, message);
  if (parent === null) tell(ready(server), surroundings, input);
  else parent.tellReady({ publicUrl: server.publicUrl, listensAt: server.listensAt, integrations: server.integrations });

  await stopRequested;
  log.info({}, "stopping: finishing what is under way");
  const drained = await server.close();
  if (drained) log.info({}, "stopped");
  else log.warn({}, "stopped while a refresh was under way: another process takes it over when its lease ends");
}

/** Several workers on one port and one database; this process only looks after them. */
async function serveByWorkers(input: ServeInput, surroundings: Surroundings): Promise<{ exitCode: ExitCode } | null> {
  const log = createLog(surroundings.stderr, surroundings.environment);
  const supervised = await superviseWorkers({
    processes: surroundings.workers,
    count: input.workers,
    stopRequested: surroundings.stopRequested({ withParent: input.withParent }),
    onReady: (told) => tell(ready(told), surroundings, input),
    log,
  });
  if (supervised.kind === "stopped") return null;
  // The first worker has said what is wrong.
  return { exitCode: Object.values(exitCodes).find((code) => code === supervised.code) ?? exitCodes.fault };
}

function ready({ publicUrl, listensAt, integrations }: WorkerReady) {
  const where = publicUrl === listensAt ? publicUrl : `${publicUrl}, listening at ${listensAt}`;
  const what = integrations.length === 0 ? "no integrations yet" : integrations.join(", ");
  return { json: { publicUrl, listensAt, integrations }, output: `Evergrant is ready: ${where} (${what})` };
}
