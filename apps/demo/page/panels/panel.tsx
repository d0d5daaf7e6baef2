/**
 * One step of the page: what it is, how it stands, and the code that does it.
 */
import { type ReactNode, useId } from "react";
import { Code } from "../code.tsx";

export interface PanelProps {
  readonly title: string;
  /** How it stands, in a word or two. */
  readonly badge?: { readonly text: string; readonly kind: "good" | "bad" | "quiet" } | undefined;
  /** Files of this package that do it. */
  readonly code: readonly string[];
  readonly children: ReactNode;
}

export function Panel({ title, badge, code, children }: PanelProps) {
  const id = useId();
  return (
    <section className="panel" aria-labelledby={id}>
      <div className="panel-head">
        <h2 id={id}>{title}</h2>
        {badge !== undefined && <span className={`badge ${badge.kind}`}>{badge.text}</span>}
      </div>
      {children}
      <Code paths={code} />
    </section>
  );
}
