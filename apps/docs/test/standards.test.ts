import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = new URL("../../../", import.meta.url);
const read = (path: string) => readFile(fileURLToPath(new URL(path, root)), "utf8");

/** Rows of the page's table: number and last cell. */
async function rows(): Promise<{ number: number; heldBy: string }[]> {
  const page = await read("docs/standards.md");
  return [...page.matchAll(/^\| (\d+) \|.*\| ([^|]+) \|$/gm)].map(([, number, heldBy = ""]) => ({ number: Number(number), heldBy }));
}

/** Titles by file: `file`: "title", "title"; `file`: … */
function testsIn(heldBy: string): { file: string; titles: string[] }[] {
  return [...heldBy.matchAll(/`([^`]+)`: ((?:"[^"]+"(?:, )?)+)/g)].map(([, file = "", titles = ""]) => ({
    file,
    titles: [...titles.matchAll(/"([^"]+)"/g)].map(([, title = ""]) => title),
  }));
}

it("docs/standards.md answers for each of the 41 rows by a test that is there, or says why it is out of scope", async () => {
  const all = await rows();
  expect(all.map(({ number }) => number)).toEqual(Array.from({ length: 41 }, (_, index) => index + 1));
  const missing: string[] = [];
  let [held, outOfScope] = [0, 0];
  for (const { number, heldBy } of all) {
    const tests = testsIn(heldBy);
    if (/^out of scope: .{10,}/.test(heldBy)) outOfScope += 1;
    else if (tests.length === 0) missing.push(`${number} names no test`);
    else held += 1;
    for (const { file, titles } of tests) {
      const source = await read(file).catch(() => "");
      if (source === "") missing.push(`${number}: there is no ${file}`);
      // As it stands in an it() or it.each(), whichever quotes it has.
      const isThere = (title: string) => ['"', "'", "`"].some((quote) => source.includes(`${quote}${title}${quote},`));
      for (const title of titles) if (!isThere(title)) missing.push(`${number}: ${file} has no "${title}"`);
    }
  }
  expect(missing).toEqual([]);
  expect(held + outOfScope).toBe(41);
});
