/**
 * Keys for a development server that nobody has configured: made once under `.evergrant`, where only this user can read them.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { chmod, link, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { isStrongApiKey } from "./api-key-strength.ts";
import type { EncryptionKeysSetting, Environment } from "./env.ts";
import { CliError, type Fault } from "./cli-error.ts";

/** What a server seals and is administered with. */
export interface Keys {
  readonly encryptionKeys: EncryptionKeysSetting;
  /** The bootstrap `admin` key; null: whoever calls has a key from the database. */
  readonly apiKey: string | null;
  /** Absolute paths of the files that this call made. */
  readonly made: readonly string[];
}

const apiKeyBytes = 32;
const files = { encryptionKeys: "encryption-keys", apiKey: "api-key" } as const;

/**
 * The keys from the environment; in development those that it lacks are made, or read where they were made before.
 *
 * Two processes that start at once end up with the same ones.
 *
 * @throws {CliError} `keys_missing`, `keys_unusable` outside development, naming the variables.
 */
export async function resolveKeys({ environment, stateFolder }: { environment: Environment; stateFolder: string }): Promise<Keys> {
  const { encryptionKeys, apiKey } = environment;
  if (!environment.development) return productionKeys(environment);
  if (encryptionKeys !== undefined && apiKey !== undefined) return { encryptionKeys, apiKey, made: [] };
  // Loaded only where a key may have to be made: the server's packages take a while.
  const { generateEncryptionKey } = await import("@evergrant/server");
  await makeFolder(stateFolder);
  const sealing =
    encryptionKeys === undefined ? await madeOnce(join(stateFolder, files.encryptionKeys), () => generateEncryptionKey()) : null;
  const admin =
    apiKey === undefined
      ? await madeOnce(join(stateFolder, files.apiKey), () => randomBytes(apiKeyBytes).toString("base64url"))
      : { text: apiKey, path: "", made: false };
  return {
    encryptionKeys: encryptionKeys ?? sealing?.text ?? "",
    apiKey: admin.text,
    made: [sealing, admin].flatMap((key) => (key?.made === true ? [key.path] : [])),
  };
}

/** The keys that a development server made for itself, null where there is none; makes nothing. */
export async function readEmbeddedKeys(stateFolder: string): Promise<{ encryptionKeys: string | null; apiKey: string | null }> {
  const [encryptionKeys, apiKey] = await Promise.all([
    readIfThere(join(stateFolder, files.encryptionKeys)),
    readIfThere(join(stateFolder, files.apiKey)),
  ]);
  return { encryptionKeys, apiKey };
}

/**
 * The key-encryption keys of a database that is there already: from the environment, or those that a development server made.
 *
 * @throws {CliError} `keys_missing`: a new one would open nothing, so none is made.
 */
export async function requireEncryptionKeys(environment: Environment, stateFolder: string): Promise<EncryptionKeysSetting> {
  const keys = environment.encryptionKeys ?? (environment.development ? (await readEmbeddedKeys(stateFolder)).encryptionKeys : null);
  if (keys !== null) return keys;
  throw new CliError("keys_missing", "there are no encryption keys here", {
    mend: "set EVERGRANT_ENCRYPTION_KEYS or EVERGRANT_ENCRYPTION_KEYS_FILE as it is where the server runs",
  });
}

/** The key files of a project that other users of this machine could read. */
export async function exposedKeyFiles(stateFolder: string): Promise<string[]> {
  const paths = Object.values(files).map((name) => join(stateFolder, name));
  const modes = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        ({ mode }) => mode,
        () => 0,
      ),
    ),
  );
  return paths.filter((_path, index) => ((modes[index] ?? 0) & 0o077) !== 0);
}

function productionKeys({ encryptionKeys, apiKey }: Environment): Keys {
  if (encryptionKeys === undefined) {
    const faults: Fault[] = [
      {
        path: "EVERGRANT_ENCRYPTION_KEYS",
        message: "is not set",
        mend: "`evergrant keys generate` makes one; or set EVERGRANT_ENCRYPTION_KEYS_FILE",
      },
    ];
    if (apiKey === undefined) {
      faults.push({
        path: "EVERGRANT_API_KEY",
        message: "is not set",
        mend: "`openssl rand -hex 32` makes one; or leave it, and use `evergrant api-keys create`",
      });
    }
    throw new CliError("keys_missing", "in production (NODE_ENV=production) no key is made by itself", {
      mend: "set what is named, and keep a copy of the encryption keys: without them no stored token opens",
      faults,
    });
  }
  if (apiKey !== undefined && !isStrongApiKey(apiKey)) {
    throw new CliError("keys_unusable", "EVERGRANT_API_KEY is too easy to guess for production", {
      mend: "use 32 random bytes, such as `openssl rand -hex 32` prints, or unset it and use `evergrant api-keys create`",
    });
  }
  return { encryptionKeys, apiKey: apiKey ?? null, made: [] };
}

async function makeFolder(folder: string): Promise<void> {
  if ((await mkdir(folder, { recursive: true, mode: 0o700 })) !== undefined) await chmod(folder, 0o700);
  await writeFile(join(folder, ".gitignore"), "*\n", { flag: "wx" }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
}

/** The content of a file; the first process to come writes it, whole or not at all. */
async function madeOnce(path: string, make: () => string): Promise<{ text: string; path: string; made: boolean }> {
  const there = await readIfThere(path);
  if (there !== null) return { text: there, path, made: false };
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, `${make()}\n`, { mode: 0o600, flag: "wx", flush: true });
  let made = true;
  try {
    // Unlike a rename, a link does not replace what another process has put there meanwhile.
    await link(draft, path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    made = false;
  } finally {
    await rm(draft, { force: true });
  }
  const text = await readIfThere(path);
  if (text === null) throw new CliError("keys_unusable", `${path} vanished while it was made`, { mend: "start again" });
  return { text, path, made };
}

async function readIfThere(path: string): Promise<string | null> {
  let text: string;
  try {
    text = (await readFile(path, "utf8")).trim();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
  if (text !== "") return text;
  throw new CliError("keys_unusable", `${basename(path)} is empty: ${path}`, {
    mend: "bring it back from a copy, or remove it to have a new one made",
  });
}
