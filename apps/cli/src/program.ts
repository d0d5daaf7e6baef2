/**
 * The command line: every command under its name, the options that all of them have, and how a failure ends.
 */
import { Command, CommanderError } from "commander";
import { type Cli, fullName } from "./action.ts";
import { adoptCommand } from "./adopt.ts";
import { apiKeysCreateCommand } from "./api-keys-create.ts";
import { apiKeysListCommand } from "./api-keys-list.ts";
import { apiKeysRevokeCommand } from "./api-keys-revoke.ts";
import { tellError } from "./answer.ts";
import { backupCommand } from "./backup.ts";
import { auditExportCommand } from "./audit-export.ts";
import { auditVerifyCommand } from "./audit-verify.ts";
import { type ExitCode, exitCodes } from "./cli-error.ts";
import { configCheckCommand } from "./config-check.ts";
import { connectCommand } from "./connect.ts";
import { disconnectCommand } from "./disconnect.ts";
import { doctorCommand } from "./doctor.ts";
import { forgetCommand } from "./forget.ts";
import { importCommand } from "./import.ts";
import { keysGenerateCommand } from "./keys-generate.ts";
import { keysRetireCommand } from "./keys-retire.ts";
import { keysRewrapCommand } from "./keys-rewrap.ts";
import { keysRotateCommand } from "./keys-rotate.ts";
import { keysStatusCommand } from "./keys-status.ts";
import { keysVerifyCommand } from "./keys-verify.ts";
import { migrateCommand } from "./migrate.ts";
import { refreshDueCommand } from "./refresh-due.ts";
import { serveCommand } from "./serve.ts";
import type { Surroundings } from "./surroundings.ts";
import { toCliError } from "./to-cli-error.ts";
import { tokenCommand } from "./token.ts";

const epilogue = `
Environment:
  EVERGRANT_CONFIG               the config file; left out, evergrant.config.{ts,mts,js,mjs,json} in this folder
  EVERGRANT_DATABASE_URL         file:<path>, libsql://<host>, https://<host>; left out, .evergrant/evergrant.db beside the config
  EVERGRANT_DATABASE_AUTH_TOKEN  for a database on a server
  EVERGRANT_ENCRYPTION_KEYS      list of id:base64, awskms:<arn>, vault:<mount>/<key>; the first one wraps; made by itself in development
  EVERGRANT_ENCRYPTION_KEYS_FILE the same list in a file, which is read again when it changes
  EVERGRANT_PUBLIC_URL           where browsers reach the server; goes before the config's publicUrl
  EVERGRANT_HOST, EVERGRANT_PORT where the server listens; 127.0.0.1 and 4000
  EVERGRANT_API_KEY              the server's admin key, and the key that commands ask it with
  EVERGRANT_JWT_ISSUER, EVERGRANT_JWT_AUDIENCE
                                 your app's own identity provider: its JWTs for this audience are sessions of the subjects that they name
  EVERGRANT_JWT_JWKS_URL, EVERGRANT_JWT_SUBJECT_CLAIM, EVERGRANT_JWT_ALGORITHMS
                                 where its keys are (discovered unless told), the claim that names the subject (sub), what it signs with
  EVERGRANT_URL                  the server that commands ask; left out, the public URL
  EVERGRANT_TRUSTED_PROXIES      whose X-Forwarded-For is believed: addresses, CIDR ranges, or how many proxies there are; left out, nobody's
  EVERGRANT_RATE_LIMITS          off, or quotas a minute, such as session=600,failed-authentication=120
  EVERGRANT_DEBUG=1              stack traces
  NODE_ENV=production            nothing is made by itself, and no weak key or secret in the config is taken

Exit codes:
  0  done
  1  something of yours is at fault, and it is named
  2  the command line is not right
  3  the server or its database does not answer
  4  no token until somebody authorizes, at the link that is shown
  5  no token for now; ask again later`;

/**
 * Runs one command line, without the program's own name.
 *
 * @returns the exit code; whatever went wrong has been told.
 */
export async function runProgram(argv: readonly string[], surroundings: Surroundings, version: string): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.ok;
  const finish = (code: ExitCode) => {
    exitCode = code;
  };
  try {
    await createProgram({ surroundings, finish }, version).parseAsync([...argv], { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has told this by itself.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    return tellError(toCliError(error), surroundings, { json: argv.includes("--json") });
  }
}

function createProgram(cli: Cli, version: string): Command {
  const { stdout, stderr } = cli.surroundings;
  const program = new Command("evergrant")
    .description("Keeps OAuth grants alive: serves them, connects accounts, hands out tokens.")
    .version(version)
    .option("--config <file>", "the config file; left out, EVERGRANT_CONFIG or the one in this folder")
    .option("--json", "answer with one JSON document on stdout")
    .configureHelp({ showGlobalOptions: true })
    .addHelpText("after", epilogue);
  const commands = [
    serveCommand(cli),
    migrateCommand(cli),
    backupCommand(cli),
    adoptCommand(cli),
    group("config", "The config file", [configCheckCommand(cli)]),
    connectCommand(cli),
    tokenCommand(cli),
    disconnectCommand(cli),
    forgetCommand(cli),
    group("keys", "Encryption keys", [
      keysGenerateCommand(cli),
      keysStatusCommand(cli),
      keysRotateCommand(cli),
      keysRetireCommand(cli),
      keysRewrapCommand(cli),
      keysVerifyCommand(cli),
    ]),
    group("audit", "Who did what", [auditExportCommand(cli), auditVerifyCommand(cli)]),
    group("api-keys", "Keys for backends", [apiKeysCreateCommand(cli), apiKeysListCommand(cli), apiKeysRevokeCommand(cli)]),
    importCommand(cli),
    refreshDueCommand(cli),
    doctorCommand(cli),
  ];
  for (const command of commands) program.addCommand(command);
  for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands: inGroup }) => inGroup)]) {
    command
      .exitOverride()
      .configureOutput({
        writeOut: (text) => stdout.write(text),
        writeErr: (text) => stderr.write(text),
        outputError: (text, write) => write(text.replace(/^error:/, "evergrant:")),
      })
      .configureHelp({ showGlobalOptions: true })
      .showHelpAfterError(`  → \`${fullName(command)} --help\` shows examples`);
  }
  return program;
}

function group(name: string, description: string, commands: readonly Command[]): Command {
  const parent = new Command(name).description(description);
  for (const command of commands) parent.addCommand(command);
  return parent;
}
