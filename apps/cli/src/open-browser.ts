/**
 * Opens a URL in the browser of whoever sits at this machine.
 */
import { spawn } from "node:child_process";

const openers: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  darwin: ["open"],
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
};

/** Whether something was there to open it with. The program that opens it outlives this one. */
export function openBrowser(url: string, platform: NodeJS.Platform): Promise<boolean> {
  const [command = "", ...args] = openers[platform] ?? ["xdg-open"];
  return new Promise((resolve) => {
    const child = spawn(command, [...args, url], { stdio: "ignore", detached: true });
    child.once("error", () => resolve(false));
    child.once("spawn", () => {
      child.unref();
      resolve(true);
    });
  });
}
