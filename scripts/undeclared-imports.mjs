/** Finds what a published package imports without declaring it: types of a development dependency in a .d.ts break its users' build. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The specifier of `from "x"`, `import "x"` and `import("x")`; comments and other strings are read as wholes, so that words in them are passed over. */
const specifiers =
  /\/\*[\s\S]*?\*\/|\/\/[^\n]*|(?:\bfrom\s*|\bimport\s*\(?\s*)(["'])(?<specifier>[^"'\n]+)\1|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g;

/**
 * @param {string} folder an unpacked package
 * @returns {string[]} one line per file and package that its manifest does not declare
 */
export function undeclaredImports(folder) {
  const { name, dependencies, peerDependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const declared = new Set([name, ...Object.keys({ ...dependencies, ...peerDependencies })]);
  return globSync("dist/**/*.{js,d.ts}", { cwd: folder }).flatMap((file) => {
    const foreign = new Set(importedPackages(readFileSync(join(folder, file), "utf8")).filter((imported) => !declared.has(imported)));
    return [...foreign].map((imported) => `${file} imports ${imported}, which package.json does not list under dependencies`);
  });
}

/** @param {string} source @returns {string[]} names of packages; Node's own modules are none */
function importedPackages(source) {
  return [...source.matchAll(specifiers)]
    .map(({ groups }) => groups?.specifier ?? "")
    .filter((specifier) => specifier !== "" && !/^(?:\.|node:)/.test(specifier))
    .map((specifier) => specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/"));
}
