/**
 * What the compiler takes for those who edit the schema: each package by itself, a config of thirty integrations, and all of the repository.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Run, type Section, figure } from "./section.ts";
import { spreadOf } from "./statistics.ts";

const repository = fileURLToPath(new URL("../../..", import.meta.url));
const packages = ["packages/schema", "packages/providers", "packages/server"];
const integrations = 30;

/** Of `tsc --extendedDiagnostics`. */
interface Diagnosis {
  readonly totalSeconds: number;
  readonly checkSeconds: number;
  readonly instantiations: number;
  readonly memoryMiB: number;
}

export async function measureTypes(run: Run): Promise<Section> {
  const rounds = run.quick ? 1 : 3;
  const config = await largeConfig();
  try {
    const projects = [
      ...packages.map((folder) => ({ label: folder, project: join(repository, folder, "tsconfig.json") })),
      { label: `a config of ${integrations} integrations`, project: join(config, "tsconfig.json") },
    ];
    const measured = projects.map(({ label, project }) => {
      run.say(`types: ${label}`);
      return { label, diagnoses: Array.from({ length: rounds }, () => diagnose(project)) };
    });
    run.say("types: the whole repository");
    const repositorySeconds = Array.from({ length: rounds }, () => typecheckAll());
    const middle = (diagnoses: readonly Diagnosis[], of: (diagnosis: Diagnosis) => number) => spreadOf(diagnoses.map(of)).median;
    return {
      name: "types",
      title: "Type speed",
      method: [
        `\`tsc --extendedDiagnostics\` on each package with its tests, ${rounds} times. The repository is \`turbo run typecheck --force\`: every package depends on the schema, so this is what an edit there costs until all is checked.`,
      ],
      tables: [
        {
          caption: "The compiler",
          columns: ["", "total s", "check s", "instantiations", "memory MiB"],
          rows: measured.map(({ label, diagnoses }) => [
            label,
            figure(middle(diagnoses, (each) => each.totalSeconds)),
            figure(middle(diagnoses, (each) => each.checkSeconds)),
            figure(middle(diagnoses, (each) => each.instantiations)),
            figure(middle(diagnoses, (each) => each.memoryMiB)),
          ]),
        },
        {
          caption: "From an edit in the schema to a checked repository",
          columns: ["", "seconds"],
          rows: [["all packages and apps", figure(spreadOf(repositorySeconds).median)]],
        },
      ],
      plots: [],
      claims: [],
      notes: [],
    };
  } finally {
    rmSync(config, { recursive: true, force: true });
  }
}

function diagnose(project: string): Diagnosis {
  const text = execFileSync("tsc", ["-p", project, "--extendedDiagnostics"], { cwd: repository, encoding: "utf8" });
  const of = (name: string): number => Number(new RegExp(`^${name}:\\s+([\\d.]+)`, "m").exec(text)?.[1] ?? Number.NaN);
  return {
    totalSeconds: of("Total time"),
    checkSeconds: of("Check time"),
    instantiations: of("Instantiations"),
    memoryMiB: of("Memory used") / 1_024,
  };
}

function typecheckAll(): number {
  const startedAt = performance.now();
  execFileSync("turbo", ["run", "typecheck", "--force", "--output-logs=errors-only"], {
    cwd: repository,
    stdio: ["ignore", "ignore", "inherit"],
  });
  return (performance.now() - startedAt) / 1_000;
}

/** A project with a config of many real providers, inside this package so that its imports resolve. */
async function largeConfig(): Promise<string> {
  const home = fileURLToPath(new URL("../node_modules/.cache/", import.meta.url));
  mkdirSync(home, { recursive: true });
  const folder = mkdtempSync(join(home, "types-"));
  const entries = largestProviders().map((id) => `        ${JSON.stringify(id)}: { clientId: env("ID"), clientSecret: env("SECRET") },`);
  writeFileSync(
    join(folder, "evergrant.config.ts"),
    `import { defineConfig, env } from "@evergrant/providers";

export default defineConfig({
  publicUrl: "https://evergrant.example.com",
  integrations: {
    oauth: {
      providers: {
${entries.join("\n")}
      },
    },
  },
});
`,
  );
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      extends: join(repository, "tsconfig.base.json"),
      compilerOptions: { noEmit: true, types: ["node"] },
      include: ["evergrant.config.ts"],
    }),
  );
  return folder;
}

/** Providers that need nothing but a client. */
function largestProviders(): string[] {
  const files = new Set(readdirSync(join(repository, "packages/providers/src/providers")).map((file) => file.replace(/\.ts$/, "")));
  const known = [
    "github",
    "google",
    "slack",
    "notion",
    "linear",
    "discord",
    "dropbox",
    "spotify",
    "figma",
    "asana",
    "bitbucket",
    "box",
    "calendly",
    "clickup",
    "digitalocean",
    "eventbrite",
    "front",
    "hubspot",
    "intercom",
    "linkedin",
    "mailchimp",
    "miro",
    "monday",
    "pinterest",
    "reddit",
    "strava",
    "stripe",
    "todoist",
    "twitch",
    "typeform",
    "vimeo",
    "webflow",
    "zoom",
  ];
  return known.filter((id) => files.has(id)).slice(0, integrations);
}
