/**
 * Secrets that stand in files: refused where others of this machine could read or change them.
 */
import { readFile, stat } from "node:fs/promises";
import { platform } from "node:os";
import { EncryptionKeysError } from "./key-encryption-key.ts";

/** Read by anybody, or written by anybody but the owner (POSIX permission bits). */
const exposed = 0o027;

/**
 * Reads a file of secrets, without the white space around them.
 *
 * The owner's group may read it, as containers often mount secrets; Windows has no such bits, and is not asked.
 *
 * @throws {EncryptionKeysError} where it is not there, empty, or exposed; the message names the file.
 */
export async function readSecretFile(path: string): Promise<string> {
  const invalid = (fault: string) => new EncryptionKeysError(`The file ${path} ${fault}.`);
  let text: string;
  let mode: number;
  try {
    ({ mode } = await stat(path));
    text = (await readFile(path, "utf8")).trim();
  } catch (error) {
    throw invalid(`cannot be read (${error instanceof Error && "code" in error ? String(error.code) : "unknown"})`);
  }
  if (platform() !== "win32" && (mode & exposed) !== 0) {
    throw invalid(`can be read or changed by other users (mode ${(mode & 0o777).toString(8)}); chmod 600 it`);
  }
  if (text === "") throw invalid("is empty");
  return text;
}
