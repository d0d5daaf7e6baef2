/**
 * A browser small enough for a test: cookies by path, forms, and redirects followed by hand until they lead away.
 */

export interface Browser {
  /** Opens a URL, or posts a form to it, and follows redirects until a page comes or `until` is reached. */
  visit: (url: string, form?: [name: string, value: string][]) => Promise<Visit>;
}

/** Where a visit ended: on a page, or at a URL that it was not to open. */
export interface Visit {
  url: URL;
  status: number;
  html: string;
  headers: Headers;
}

/** A browser without cookies; `until` is the client's redirection endpoint, which is never contacted. */
export function openBrowser(until: string): Browser {
  const cookies = new Map<string, { value: string; path: string }>();

  const remember = (response: Response) => {
    for (const line of response.headers.getSetCookie()) {
      const [pair = "", ...attributes] = line.split("; ");
      const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice("path=".length) ?? "/";
      const name = pair.slice(0, pair.indexOf("="));
      cookies.set(`${path} ${name}`, { value: pair, path });
    }
  };
  const cookiesFor = (url: URL) =>
    [...cookies.values()]
      .filter(({ path }) => url.pathname.startsWith(path))
      .map(({ value }) => value)
      .join("; ");

  return {
    visit: async (start, form) => {
      let url = new URL(start);
      let body: URLSearchParams | null = form === undefined ? null : new URLSearchParams(form);
      for (let hops = 0; hops < 10; hops += 1) {
        if (url.href.startsWith(until)) return { url, status: 0, html: "", headers: new Headers() };
        const response: Response = await fetch(url, {
          method: body === null ? "GET" : "POST",
          body,
          redirect: "manual",
          headers: { cookie: cookiesFor(url) },
        });
        remember(response);
        body = null;
        const location = response.headers.get("location");
        if (location === null) return { url, status: response.status, html: await response.text(), headers: response.headers };
        url = new URL(location, url);
      }
      throw new Error(`Too many redirects, the last to ${url.origin}${url.pathname}.`);
    },
  };
}

/** The action of the nth form on a page. */
export function formAction({ html, url }: Visit, index = 0): string {
  const action = [...html.matchAll(/<form[^>]*action="([^"]+)"/g)][index]?.[1];
  if (action === undefined) throw new Error(`No form ${index} on ${url.pathname}.`);
  return new URL(action, url).href;
}
