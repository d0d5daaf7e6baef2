/**
 * A browser for a flow without pages: it keeps cookies and follows redirects to the end.
 */

const mostHops = 10;

/** Opens a URL in a browser that has been nowhere yet; resolves with the page where it ends. */
export async function openInBrowser(from: string): Promise<{ status: number; html: string }> {
  const cookies = new Map<string, string>();
  let url = new URL(from);
  for (let hops = 0; hops < mostHops; hops += 1) {
    const response = await fetch(url, { redirect: "manual", headers: { cookie: [...cookies.values()].join("; ") } });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ""] = line.split(";");
      cookies.set(pair.slice(0, pair.indexOf("=")), pair);
    }
    const location = response.headers.get("location");
    if (location === null) return { status: response.status, html: await response.text() };
    url = new URL(location, url);
  }
  throw new Error(`Too many redirects, the last to ${url.origin}${url.pathname}.`);
}
