/**
 * What `doctor` looks at, one check after the other; none of them makes or changes anything.
 */
import { isLoopbackHost } from "@evergrant/schema";
import type { ResolvedConfig } from "@evergrant/providers";
import { diagnoseDatabase } from "./diagnose-database.ts";
import { diagnoseIdentityProvider } from "./diagnose-identity-provider.ts";
import { exposedKeyFiles, readEmbeddedKeys, resolveKeys } from "./embedded-defaults.ts";
import { type EncryptionKeysSetting, variableNames } from "./env.ts";
import { requireConfig } from "./find-config.ts";
import { type Finding, failureFindings, inOneLine, ok } from "./finding.ts";
import { loadConfig } from "./load-config.ts";
import { type Project, findProject } from "./project.ts";
import { defaultHost, expectedUrl, readConfig } from "./read-config.ts";
import type { Surroundings } from "./surroundings.ts";

const serverPatienceMs = 3_000;

/** Runs all checks. What cannot be looked at because of an earlier fault is left out. */
export async function diagnose(named: string | undefined, surroundings: Surroundings): Promise<Finding[]> {
  const findings: Finding[] = [nodeFinding(surroundings), ...variableFindings(surroundings)];
  const project = attempt(() => findProject({ named, workingFolder: surroundings.workingFolder }, surroundings.environment));
  const { config, found } = await diagnoseConfig(named, surroundings);
  findings.push(...found);
  if (project === null) return findings;
  const keys = await diagnoseKeys(project, surroundings);
  findings.push(...keys.found);
  findings.push(...(await diagnoseDatabase({ project, config, encryptionKeys: keys.encryptionKeys, surroundings })));
  if (config === null) return findings;
  findings.push(...addressFindings(config, surroundings), ...(await diagnoseIdentityProvider(config, surroundings)));
  findings.push(await serverFinding(config, surroundings));
  return findings;
}

function nodeFinding({ node }: Surroundings): Finding {
  if (node.stripsTypes) return ok("node", `Node ${node.version}`);
  const message = `Node ${node.version} cannot load a config in TypeScript`;
  return { check: "node", level: "warn", message, mend: "run Node 22.18 or newer, better 24; or write the config as .mjs or .json" };
}

function variableFindings({ environment, environmentFaults }: Surroundings): Finding[] {
  const faulty: Finding[] = environmentFaults.map((fault) => ({
    check: "variables",
    level: "fault",
    message: inOneLine(fault),
    mend: fault.mend,
  }));
  const unknown: Finding[] = Object.keys(environment.variables)
    .filter((name) => name.startsWith("EVERGRANT_") && !variableNames.includes(name))
    .map((name) => ({
      check: "variables",
      level: "warn",
      message: `${name} is none of ours`,
      mend: "correct its name, unless the config reads it",
    }));
  if (faulty.length + unknown.length > 0) return [...faulty, ...unknown];
  return [ok("variables", `usable, for ${environment.development ? "development" : "production"}`)];
}

async function diagnoseConfig(
  named: string | undefined,
  surroundings: Surroundings,
): Promise<{ config: ResolvedConfig | null; found: Finding[] }> {
  const { environment, workingFolder, node } = surroundings;
  try {
    const loaded = await loadConfig(requireConfig({ named, workingFolder }), node);
    const { config, warnings } = await readConfig(loaded, { environment, developmentUrl: expectedUrl(environment) });
    const odd: Finding[] = warnings.map((fault) => ({ check: "config", level: "warn", message: inOneLine(fault), mend: fault.mend }));
    return { config, found: [ok("config", `${loaded.path}: ${[...config.integrations.keys()].join(", ") || "no integrations"}`), ...odd] };
  } catch (error) {
    return { config: null, found: failureFindings("config", error) };
  }
}

async function diagnoseKeys(
  { stateFolder }: Project,
  { environment }: Surroundings,
): Promise<{ encryptionKeys: EncryptionKeysSetting | null; found: Finding[] }> {
  try {
    if (!environment.development) {
      const { encryptionKeys } = await resolveKeys({ environment, stateFolder });
      return { encryptionKeys, found: [ok("keys", "from the environment")] };
    }
    const made = await readEmbeddedKeys(stateFolder);
    const exposed: Finding[] = (await exposedKeyFiles(stateFolder)).map((path) => ({
      check: "keys",
      level: "warn",
      message: `${path} can be read by other users`,
      mend: `chmod 600 ${path}`,
    }));
    const encryptionKeys = environment.encryptionKeys ?? made.encryptionKeys;
    const from = environment.encryptionKeys === undefined ? stateFolder : "the environment";
    return {
      encryptionKeys,
      found: [ok("keys", encryptionKeys === null ? "none yet: `evergrant serve` makes them" : `from ${from}`), ...exposed],
    };
  } catch (error) {
    return { encryptionKeys: null, found: failureFindings("keys", error) };
  }
}

function addressFindings({ publicUrl }: ResolvedConfig, { environment }: Surroundings): Finding[] {
  const { hostname, port } = new URL(publicUrl);
  const listens = new URL(expectedUrl(environment));
  if (!isLoopbackHost(hostname)) return [ok("address", `${publicUrl}, listening on ${environment.host ?? defaultHost}:${listens.port}`)];
  if (!environment.development) {
    const mend = "set EVERGRANT_PUBLIC_URL to the https URL that browsers use";
    return [{ check: "address", level: "warn", message: `${publicUrl} is reached from this machine alone`, mend }];
  }
  if ((port || "80") === listens.port) return [ok("address", publicUrl)];
  const message = `publicUrl says port ${port || "80"}, and the server listens on ${listens.port}`;
  return [{ check: "address", level: "warn", message, mend: "make them one, unless something between the two forwards" }];
}

async function serverFinding({ publicUrl }: ResolvedConfig, { environment, fetch }: Surroundings): Promise<Finding> {
  const url = environment.url ?? publicUrl;
  const mend = "start it with `evergrant serve`, or set EVERGRANT_URL to where it is";
  try {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(serverPatienceMs), redirect: "manual" });
    await answer.body?.cancel();
    if (answer.ok) return ok("server", `ready at ${url}`);
    return { check: "server", level: "fault", message: `${url} answers ${answer.status} to /readyz`, mend: "look at the server's log" };
  } catch {
    return { check: "server", level: "warn", message: `nothing answers at ${url}`, mend };
  }
}

function attempt<Value>(work: () => Value): Value | null {
  try {
    return work();
  } catch {
    // The config's own check says why.
    return null;
  }
}
