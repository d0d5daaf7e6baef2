/**
 * A browser small enough to read: cookies, forms and redirects, so that a flow goes through its real doors without a window.
 */

/** Where a visit ended. */
export interface Page {
  readonly url: URL;
  readonly status: number;
  readonly html: string;
  /** Every URL on the way, the last one included. */
  readonly trail: readonly URL[];
}

export interface Browser {
  /** Opens a URL, or posts a form to it, and follows every redirect. */
  visit(url: string | URL, form?: readonly (readonly [name: string, value: string])[]): Promise<Page>;
}

const mostHops = 10;

/** A browser that has been nowhere yet. */
export function openBrowser(): Browser {
  const cookies = new Map<string, { readonly host: string; readonly path: string; readonly pair: string }>();

  const remember = (url: URL, response: Response) => {
    for (const line of response.headers.getSetCookie()) {
      const [pair = "", ...attributes] = line.split(/; */);
      const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice("path=".length) ?? "/";
      const name = pair.slice(0, pair.indexOf("="));
      cookies.set(`${url.hostname} ${path} ${name}`, { host: url.hostname, path, pair });
    }
  };
  // As in every browser, a cookie belongs to a host whatever the port (RFC 6265 §8.5).
  const cookiesFor = (url: URL) =>
    [...cookies.values()]
      .filter(({ host, path }) => host === url.hostname && url.pathname.startsWith(path))
      .map(({ pair }) => pair)
      .join("; ");

  return {
    async visit(start, form) {
      let url = new URL(start);
      let body = form === undefined ? null : new URLSearchParams(form.map(([name, value]): [string, string] => [name, value]));
      const trail = [url];
      for (let hops = 0; hops < mostHops; hops += 1) {
        const response = await fetch(url, {
          method: body === null ? "GET" : "POST",
          body,
          redirect: "manual",
          headers: { cookie: cookiesFor(url) },
        });
        remember(url, response);
        body = null;
        const location = response.headers.get("location");
        if (location === null) return { url, status: response.status, html: await response.text(), trail };
        await response.body?.cancel();
        url = new URL(location, url);
        trail.push(url);
      }
      throw new Error(`Too many redirects, the last to ${url.origin}${url.pathname}.`);
    },
  };
}
