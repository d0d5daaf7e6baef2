/** The site: the pages of docs/ in the order in which a person reads them, with a search over all of them. */
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";
import { sidebar } from "./sidebar.ts";

const pages = fileURLToPath(new URL("../../../docs", import.meta.url));

export default defineConfig({
  title: "Evergrant",
  description: "OAuth connections that stay alive: a working access token on every call.",
  lang: "en",
  srcDir: "../../docs",
  outDir: ".vitepress/dist",
  cacheDir: ".vitepress/cache",
  cleanUrls: true,
  vite: {
    plugins: [
      {
        name: "pages-outside",
        enforce: "pre",
        // The pages lie outside this package, where nothing is installed: what they import is looked for from here.
        resolveId(source, importer, options) {
          if (!/^vue(?:\/|$)/.test(source) || importer?.startsWith(pages) !== true) return null;
          return this.resolve(source, fileURLToPath(import.meta.url), { ...options, skipSelf: true });
        },
      },
    ],
  },
  // The reference is made after the pages, and so is not there when their links are judged.
  ignoreDeadLinks: [/^\/reference\//],
  themeConfig: {
    nav: [
      { text: "Guide", link: "/start", activeMatch: "^/(start|connect|call|errors)" },
      { text: "Providers", link: "/providers" },
      { text: "Reference", link: "/reference/index.html", target: "_self" },
    ],
    sidebar,
    search: { provider: "local" },
    outline: { level: [2, 3] },
    docFooter: { prev: "Before", next: "Next" },
  },
  markdown: {
    config: (markdown) => {
      // Pages name sources by relative links, which a clone follows; the site has no sources, so there they are plain text.
      const isOutside = (target: string, page: string) =>
        !/^(?:[a-z][a-z+.-]*:|[#/])/i.test(target) && relative(pages, resolve(dirname(resolve(pages, page)), target)).startsWith("..");
      markdown.core.ruler.push("sources", (state) => {
        for (const block of state.tokens) {
          let outside = false;
          block.children = (block.children ?? []).filter((token) => {
            if (token.type === "link_open") outside = isOutside(token.attrGet("href") ?? "", state.env.relativePath ?? "");
            return !(outside && (token.type === "link_open" || token.type === "link_close"));
          });
        }
      });
    },
  },
});
