/**
 * How the sandbox's pages look: one style sheet, light and dark, with nothing to fetch.
 */

export const style = `
:root { color-scheme: light dark; --ground: #f4f3ef; --card: #fffefb; --ink: #23211c; --soft: #6a655a; --line: #dedace; --accent: #1f6f54; --on-accent: #fff; --warn: #fff3cf; --warn-ink: #5c4708; }
@media (prefers-color-scheme: dark) { :root { --ground: #171613; --card: #211f1b; --ink: #ece8de; --soft: #a59f91; --line: #3a372f; --accent: #6fc7a4; --on-accent: #10241c; --warn: #3a3013; --warn-ink: #f2dd9c; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 26rem; background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 1.75rem; box-shadow: 0 8px 30px rgb(0 0 0 / 8%); }
.badge { display: block; margin: 0 0 1.25rem; padding: .5rem .75rem; border-radius: 8px; background: var(--warn); color: var(--warn-ink); font-size: .85rem; }
h1 { margin: 0 0 .35rem; font-size: 1.35rem; line-height: 1.3; text-wrap: balance; }
p { margin: 0 0 1rem; color: var(--soft); }
p strong { color: var(--ink); }
fieldset { border: 0; margin: 0 0 1.25rem; padding: 0; }
legend { padding: 0; margin-bottom: .5rem; font-weight: 600; }
label { display: block; }
.scope { display: flex; gap: .75rem; align-items: flex-start; padding: .7rem 0; border-top: 1px solid var(--line); }
.scope input { margin: .3rem 0 0; width: 1.05rem; height: 1.05rem; accent-color: var(--accent); }
.scope code { display: block; color: var(--soft); font-size: .8rem; }
input[type=text] { width: 100%; margin: .35rem 0 .75rem; padding: .6rem .75rem; border: 1px solid var(--line); border-radius: 8px; background: transparent; color: inherit; font: inherit; }
.row { display: flex; gap: .6rem; flex-wrap: wrap; }
button { flex: 1; padding: .65rem 1rem; border: 1px solid var(--line); border-radius: 8px; background: transparent; color: inherit; font: inherit; font-weight: 600; cursor: pointer; }
button.main { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
button:hover { filter: brightness(1.08); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.or { margin: 1.25rem 0 .75rem; color: var(--soft); font-size: .9rem; }
ul { list-style: none; margin: 0; padding: 0; }
li { padding: .9rem 0; border-top: 1px solid var(--line); }
a { color: var(--accent); }
.foot { margin: 1.25rem 0 0; font-size: .85rem; overflow-wrap: anywhere; }
`;
