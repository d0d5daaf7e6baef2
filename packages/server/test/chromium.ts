/**
 * The real browser of the browser specs: the Chromium of this machine, since nobody downloads one.
 *
 * `npm test` looks for it, names it in `EVERGRANT_CHROMIUM`, and says so where there is none.
 */
import { accessSync, constants } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const path = process.env["EVERGRANT_CHROMIUM"] ?? "/usr/bin/chromium";

/** Whether browser specs run: where there is a browser, and also where there is none but one is required. */
export const runsInChromium = process.env["EVERGRANT_REQUIRE_BROWSER"] === "1" || isExecutable(path);

/**
 * Starts Chromium, headless. Every host under `.test` (RFC 6761 §6.2) is that port of this machine, whatever its certificate.
 *
 * @throws where there is no Chromium.
 */
export function startChromium({ port }: { readonly port: number }): Promise<Browser> {
  return chromium.launch({
    executablePath: path,
    args: [
      "--disable-dev-shm-usage",
      "--disable-gpu",
      "--no-proxy-server",
      "--ignore-certificate-errors",
      `--host-resolver-rules=MAP *.test 127.0.0.1:${port}`,
    ],
  });
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
