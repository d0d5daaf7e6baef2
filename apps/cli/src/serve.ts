/**
 * `evergrant serve`: the server in the foreground, until it is told to stop.
 */
import { Command } from "commander";
import { z } from "zod";
import { type Cli, action, examples } from "./action.ts";
import { tell } from "./answer.ts";
import { requireConfig } from "./find-config.ts";
import { loadConfig } from "./load-config.ts";
import { createLog } from "./log.ts";
import { defaultHost, defaultPort } from "./read-config.ts";
import type { RunningServer } from "./start-server.ts";

/** The command. */
export function serveCommand(cli: Cli): Command {
  return new Command("serve")
    .description("Run the server: migrate, listen, refresh what is due; until SIGTERM or Ctrl-C")
    .option("--port <number>", `where to listen; 0 takes a free one; left out, EVERGRANT_PORT or ${defaultPort}`, Number)
    .option("--host <address>", `on which address; left out, EVERGRANT_HOST or ${defaultHost}`)
    .option("--no-migrate", "refuse to start where migrations are pending, instead of applying them")
    .option("--with-parent", "stop also when standard input ends, so that it does not outlive what started it")
    .addHelpText(
      "after",
      `${examples(
        ["evergrant serve", "with the config in this folder"],
        ["evergrant serve --config deploy/evergrant.config.json --port 8080", "another config and port"],
        ["evergrant serve --host 0.0.0.0 --no-migrate", "in a container, migrated by a step before"],
      )}\n\nstdout has one line, when it is ready; the log goes to stderr, as JSON lines where that is no terminal.`,
    )
    .action(
      action(cli, {
        shape: z.object({
          port: z.number("must be a port number").int().min(0).max(65_535).optional(),
          host: z.string().min(1).optional(),
          migrate: z.boolean(),
          withParent: z.boolean().default(false),
        }),
        run: async (input, surroundings) => {
          const { environment, workingFolder, node, stderr } = surroundings;
          const config = await loadConfig(requireConfig({ named: input.config, workingFolder }), node);
          const log = createLog(stderr, environment);
          const { startServer } = await import("./start-server.ts");
          const server = await startServer({
            config,
            environment,
            host: input.host ?? environment.host ?? defaultHost,
            port: input.port ?? environment.port ?? defaultPort,
            migrations: input.migrate ? "apply" : "refuse_pending",
            log,
          });
          const stopRequested = surroundings.stopRequested({ withParent: input.withParent });
          const { madeKeys, warnings, appliedMigrations } = server;
          if (appliedMigrations.length > 0) log.info({ migrations: appliedMigrations }, "brought the database to this version");
          if (madeKeys.length > 0)
            log.info({ files: madeKeys }, "made keys for development; in production set EVERGRANT_ENCRYPTION_KEYS and EVERGRANT_API_KEY");
          for (const { path, message, mend } of warnings) log.warn({ path, mend }, message);
          tell(ready(server), surroundings, input);

          await stopRequested;
          log.info({}, "stopping: finishing what is under way");
          const drained = await server.close();
          if (drained) log.info({}, "stopped");
          else log.warn({}, "stopped while a refresh was under way: another process takes it over when its lease ends");
          return null;
        },
      }),
    );
}

function ready({ publicUrl, listensAt, integrations }: RunningServer) {
  const where = publicUrl === listensAt ? publicUrl : `${publicUrl}, listening at ${listensAt}`;
  const what = integrations.length === 0 ? "no integrations yet" : integrations.join(", ");
  return { json: { publicUrl, listensAt, integrations }, output: `Evergrant is ready: ${where} (${what})` };
}
