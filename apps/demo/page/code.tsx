/**
 * The lines that do what a panel shows.
 */
import { sourceOf } from "./sources.ts";

export function Code({ paths }: { readonly paths: readonly string[] }) {
  return (
    <details className="code">
      <summary>The code</summary>
      {paths.map((path) => (
        <figure key={path}>
          <figcaption>apps/demo/{path}</figcaption>
          <pre>
            <code>{sourceOf(path)}</code>
          </pre>
        </figure>
      ))}
    </details>
  );
}
