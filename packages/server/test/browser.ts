/**
 * A browser's part of a flow without a browser: it keeps cookies by host, follows redirects, and stops where it is told.
 */

export interface Browser {
  /** Goes to a URL and through its redirects; resolves with the last answer, or with the URL that it was told to stop before. */
  open(url: string, options?: { stopAt?: (url: URL) => boolean; method?: string; body?: URLSearchParams }): Promise<Visited>;
  /** `name=value` of the cookies that a host has set. */
  cookies(host: string): string;
}

export interface Visited {
  readonly url: URL;
  /** Null where it stopped before asking. */
  readonly response: Response | null;
}

/** @param send Answers a request; no redirect is followed but by this browser. */
export function openBrowser(send: (request: Request) => Promise<Response>): Browser {
  const jar = new Map<string, Map<string, string>>();
  const cookies = (host: string) => [...(jar.get(host) ?? [])].map(([name, value]) => `${name}=${value}`).join("; ");
  return {
    cookies,
    async open(from, { stopAt = () => false, method = "GET", body } = {}) {
      let url = new URL(from);
      let asked: { method: string; body?: URLSearchParams } = { method, ...(body === undefined ? {} : { body }) };
      for (let redirects = 0; redirects < 20; redirects += 1) {
        if (stopAt(url)) return { url, response: null };
        const response = await send(new Request(url, { ...asked, redirect: "manual", headers: { cookie: cookies(url.host) } }));
        const kept = jar.get(url.host) ?? new Map<string, string>();
        jar.set(url.host, kept);
        for (const cookie of response.headers.getSetCookie()) {
          const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
          kept.set(name, value);
        }
        const location = response.headers.get("location");
        if (location === null) return { url, response };
        asked = { method: "GET" };
        url = new URL(location, url);
      }
      throw new Error("more than twenty redirects");
    },
  };
}
