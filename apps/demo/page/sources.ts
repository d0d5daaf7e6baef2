/**
 * The sources that panels show, by their path in this package: as they are, so that they are never out of date.
 */
const texts = import.meta.glob<string>(["./shown/*", "../src/{at-provider,call-notes,mint-session}.ts"], {
  query: "?raw",
  import: "default",
  eager: true,
});

/** Without what stands before the first export: the file's own words and its imports. */
export function sourceOf(path: string): string {
  const text = texts[path.replace(/^page\//, "./").replace(/^src\//, "../src/")];
  if (text === undefined) throw new Error(`${path} is not among the sources that panels show`);
  return text.slice(text.search(/^(?:\/\*\*[^\n]*\n)?export /m)).trim();
}
