/**
 * Writes docs/providers.md.
 *
 * usage: pnpm --filter @evergrant/providers docs
 */
import { writeFile } from "node:fs/promises";
import { loadProvider, providerIds } from "../src/catalogue.ts";
import { providersPage } from "./providers-page.ts";

const providers = await Promise.all(providerIds.map((id) => loadProvider(id)));
await writeFile(new URL("../../../docs/providers.md", import.meta.url), providersPage(providers.filter((facts) => facts !== undefined)));
