/** `provider:check`, as somebody uses it who adds a provider. */
import { execFile } from "node:child_process";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const script = fileURLToPath(new URL("../scripts/check-provider.ts", import.meta.url));
const providerModule = new URL("../src/provider.ts", import.meta.url);

function check(...given: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, ["--conditions=evergrant-source", script, ...given], (_, stdout) =>
      resolve({ code: child.exitCode ?? -1, output: stdout }),
    );
  });
}

it("finds nothing wrong with a provider of the catalogue, and shows its authorization request", async () => {
  const { code, output } = await check("figma");
  expect(output).toMatch(/^✓ Figma, \d+ scopes$/m);
  expect(output).toMatch(/^\? revocation: /m);
  expect(output).toMatch(/^https:\/\/www\.figma\.com\/oauth\?response_type=code&client_id=CLIENT_ID&.*scope=current_user%3Aread/m);
  expect(code).toBe(0);
});

it("names what is wrong with one that somebody is writing", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "evergrant-provider-"));
  const file = join(folder.path, "acme.ts");
  await writeFile(
    file,
    `import { provider } from ${JSON.stringify(providerModule.href)};
    export const acme = provider({
      id: "acne",
      name: "Acme",
      docsUrl: "https://acme.example/docs",
      confidence: "low",
      authorizationEndpoint: "https://acme.example/authorize",
      tokenEndpoint: "https://{host}/token",
      defaultScopes: ["raed"],
      scopes: { read: { description: "Read", sensitivity: "read" } },
    });`,
  );
  const { code, output } = await check(file);
  expect(output.split("\n").filter((line) => line.startsWith("✗"))).toEqual([
    '✗ id: is "acne", and the file is named acme.ts',
    '✗ defaultScopes: "raed" is not under scopes',
    expect.stringMatching(/^✗ endpoints: /),
    "✗ Acme, 1 scopes",
  ]);
  expect(output).toMatch(/^\? registration: /m);
  expect(code).toBe(1);
});

it("names what is wrong with the shape", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "evergrant-provider-"));
  const file = join(folder.path, "acme.ts");
  await writeFile(file, `export const acme = { id: "acme", name: "Acme", tokenEndpoint: "http://acme.example/token" };`);
  const { code, output } = await check(file);
  expect(output).toMatch(/^✗ tokenEndpoint: an absolute https URL/m);
  expect(output).toMatch(/^✗ scopes: /m);
  expect(code).toBe(1);
});

it("guesses which provider was meant", async () => {
  const { code, output } = await check("figam");
  expect(output).toContain("Did you mean figma?");
  expect(code).toBe(2);
});
