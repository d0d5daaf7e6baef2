/**
 * Holds the docs to the repository: every path, npm script and link that they name must exist.
 *
 * Looks at README.md, CONTRIBUTING.md, docs/ and each package's README.md. Exit code 1 names each fault as file:line.
 */
import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { anchorsOf, mentions } from "./markdown.mjs";

/** Files that a reader writes, and so the repository need not have. */
const readersFiles = new Set(["evergrant.config.ts", "evergrant.config.mts"]);

const documents = ["README.md", "CONTRIBUTING.md", "docs/**/*.md", "{packages,apps}/*/README.md"];

/**
 * @param {string} root a repository
 * @returns {string[]} faults, `file:line what`; none when the docs tell the truth
 */
export function docsFaults(root) {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const sources = globSync("**/*.{ts,mjs}", { cwd: root, exclude: isNotOurs }).map((path) => `/${path}`);
  return globSync(documents, { cwd: root }).flatMap((document) => {
    const faults = mentions(readFileSync(join(root, document), "utf8")).map(({ line, kind, text }) => {
      const fault = judges[kind](text, { root, document, scripts, sources });
      return fault && `${document}:${line} ${fault}`;
    });
    return faults.filter((fault) => fault !== null);
  });
}

/** @typedef {{ root: string, document: string, scripts: Record<string, string>, sources: string[] }} Place */

/** One judge for each kind of mention; null is no fault. @type {Record<import("./markdown.mjs").Mention["kind"], (text: string, place: Place) => string | null>} */
const judges = {
  script: (name, { scripts }) => (name in scripts ? null : `names npm script ${name}, which package.json does not have`),
  path: (path, { root }) => (globSync(path, { cwd: root }).length > 0 ? null : `names ${path}, which does not exist`),
  file: (name, { sources }) => (isSomewhere(name, sources) ? null : `names ${name}, and no file is called so`),
  link: judgeLink,
};

/** @param {string} name @param {string[]} sources */
function isSomewhere(name, sources) {
  return readersFiles.has(name) || sources.some((path) => path.endsWith(`/${name}`));
}

/** @param {string} target @param {Place} place */
function judgeLink(target, { root, document }) {
  const [path = "", anchor = ""] = target.split("#");
  const file = path === "" ? join(root, document) : resolve(root, dirname(document), decodeURI(path));
  if (relative(root, file).startsWith("..")) return `links to ${target}, outside the repository`;
  if (!existsSync(file)) return `links to ${target}, which does not exist`;
  if (anchor === "" || statSync(file).isDirectory()) return null;
  const text = readFileSync(file, "utf8");
  const lineNumber = /^L(\d+)/.exec(anchor)?.[1];
  const exists = lineNumber === undefined ? anchorsOf(text).has(anchor) : Number(lineNumber) <= text.split("\n").length;
  return exists ? null : `links to ${target}, where there is no such place`;
}

/** @param {string} path */
function isNotOurs(path) {
  return /(?:^|\/)(?:node_modules|dist|\.[^/]+)$/.test(path);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const faults = docsFaults(fileURLToPath(new URL("..", import.meta.url)));
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
