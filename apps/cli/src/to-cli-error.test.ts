import { StoreError, VaultError } from "@evergrant/server";
import { expect, it } from "vitest";
import { CliError } from "./cli-error.ts";
import { toCliError } from "./to-cli-error.ts";

it("keeps a failure of our own", () => {
  const error = new CliError("port_taken", "taken", { mend: "another" });
  expect(toCliError(error)).toBe(error);
});

it("gives the packages' errors their exit code and mend", () => {
  expect(toCliError(new StoreError("store_unavailable", "The database stayed busy."))).toMatchObject({
    code: "database_unavailable",
    exitCode: 3,
    message: "The database stayed busy.",
  });
  expect(toCliError(new StoreError("database_too_new", "Newer."))).toMatchObject({ exitCode: 1 });
  const vault = toCliError(new VaultError("key_unavailable", "No key."));
  expect(vault).toMatchObject({ code: "keys_unusable", exitCode: 1 });
  expect(vault.mend).toContain("EVERGRANT_ENCRYPTION_KEYS");
});

it("says what the operating system said", () => {
  const error = Object.assign(new Error("EACCES: permission denied, open 'x'"), { code: "EACCES", syscall: "open" });
  expect(toCliError(error).message).toContain("permission denied");
});

it("repeats no message that it does not know: it may hold anything", () => {
  const error = toCliError(new TypeError("Failed query: params: a-refresh-token"));
  expect(error.message).toBe("something unforeseen went wrong (TypeError)");
  expect(error.mend).toContain("EVERGRANT_DEBUG=1");
});
