/**
 * What the package costs a page: bytes in a bundle. `--json` for machines.
 */
import { measureSize } from "../measure-size.ts";

const { ownBytes } = await measureSize();
const line = `in a bundle, gzipped           ${ownBytes} bytes beside React, TanStack Query, tRPC and @evergrant/client`;
process.stdout.write(`${process.argv.includes("--json") ? JSON.stringify({ gzippedBytes: ownBytes }) : line}\n`);
