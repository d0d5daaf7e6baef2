/**
 * A browser for a flow without pages: it keeps cookies and follows redirects to the end.
 */

const mostHops = 10;

/**
 * Opens a URL in a browser that has been nowhere yet; resolves with the page where it ends.
 *
 * @param before A path that it is sent to and does not open.
 */
export async function openInBrowser(from: string, before?: string): Promise<{ url: URL; status: number; html: string }> {
  const cookies = new Map<string, string>();
  let url = new URL(from);
  for (let hops = 0; hops < mostHops; hops += 1) {
    const response = await fetch(url, { redirect: "manual", headers: { cookie: [...cookies.values()].join("; ") } });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ""] = line.split(";");
      cookies.set(pair.slice(0, pair.indexOf("=")), pair);
    }
    const location = response.headers.get("location");
    if (location === null) return { url, status: response.status, html: await response.text() };
    url = new URL(location, url);
    if (before !== undefined && url.pathname.startsWith(before)) return { url, status: response.status, html: "" };
  }
  throw new Error(`Too many redirects, the last to ${url.origin}${url.pathname}.`);
}
