/** Reads from a Markdown text what it claims to exist: links, paths, file names and npm scripts. */

/** Folders of the repository that prose names by their path. */
const pathPattern = /^(?:packages|apps|scripts|docs|\.ci|\.github|\.githooks|\.changeset)(?:\/[\w.*@/-]*)?$/;

/** Fences whose lines a reader types or sees; code in other languages has paths of its own. */
const shellFences = new Set(["", "sh", "bash", "shell", "console", "text"]);

/**
 * @typedef {object} Mention
 * @property {number} line from 1
 * @property {"link" | "path" | "file" | "script"} kind
 * @property {string} text the link's target, the path (`*` as in globs), the end of a file's path, or the script's name
 */

/**
 * @param {string} markdown
 * @returns {Mention[]} in order; links to other sites, and placeholders in angle brackets, are none
 */
export function mentions(markdown) {
  /** @type {string | null} */
  let fence = null;
  return markdown.split("\n").flatMap((text, index) => {
    const fenceLine = /^\s*(?:```|~~~)(\w*)/.exec(text);
    if (fenceLine) {
      fence = fence === null ? (fenceLine[1] ?? "") : null;
      return [];
    }
    const found = fence === null ? inProse(text) : shellFences.has(fence) ? inCode(text) : [];
    return found.map((mention) => ({ line: index + 1, ...mention }));
  });
}

/**
 * @param {string} markdown
 * @returns {Set<string>} the anchors that GitHub gives to its headings, and those set by hand
 */
export function anchorsOf(markdown) {
  /** @type {Map<string, number>} */
  const seen = new Map();
  const withoutFences = markdown.replaceAll(/^\s*(```|~~~)[\s\S]*?^\s*\1/gm, "");
  const headings = [...withoutFences.matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)].map(([, heading = ""]) => {
    const plain = heading.replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const slug = plain.replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(/\s/g, "-");
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
  const byHand = [...withoutFences.matchAll(/<a\s+(?:id|name)="([^"]+)"/g)].map(([, id = ""]) => id);
  return new Set([...headings, ...byHand]);
}

/** @param {string} text @returns {Omit<Mention, "line">[]} */
function inProse(text) {
  const code = [...text.matchAll(/`([^`]+)`/g)].flatMap(([, span = ""]) => inCode(span));
  const prose = text.replaceAll(/`[^`]*`/g, "``");
  const inline = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g)];
  const references = [...prose.matchAll(/^\s*\[[^\]]+\]:\s+<?(\S+?)>?\s*$/g)];
  const targets = [...inline, ...references].map(([, target = ""]) => target).filter((target) => !/^[a-z][a-z+.-]*:|^\/\//i.test(target));
  return [...code, ...targets.map((target) => ({ kind: /** @type {const} */ ("link"), text: target }))];
}

/** @param {string} code @returns {Omit<Mention, "line">[]} */
function inCode(code) {
  const scripts = [...code.matchAll(/\bnpm (?:run (?:-\S+ )*([a-z][\w:-]*)|(start|test)\b)/g)].map(([, run, short]) => run ?? short ?? "");
  const words = code.split(/[\s"'`(),;=|│├└─]+/).map((word) => word.replace(/(?::\d+)?[.:]?$/, ""));
  return [
    ...scripts.map((text) => ({ kind: /** @type {const} */ ("script"), text })),
    ...words.filter(isPath).map((text) => ({ kind: /** @type {const} */ ("path"), text })),
    ...words.filter((word) => isFile(word) && !isPath(word)).map((text) => ({ kind: /** @type {const} */ ("file"), text })),
  ];
}

/** @param {string} word */
function isPath(word) {
  return pathPattern.test(word);
}

/** A source file by its name or the end of its path, as prose calls it. @param {string} word */
function isFile(word) {
  return /^[a-z][\w./-]*\.(?:ts|mjs)$/.test(word);
}
