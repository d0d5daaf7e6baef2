/**
 * Which hosts a token may be sent to.
 */

/**
 * Whether a URL is one of a resource server: https, or http on this machine, at one of the hosts.
 *
 * @param hosts Names in lower case, `*.` before all names below one; with a port, or else for the port of https and any of a loopback host.
 */
export function isResourceUrl({ protocol, hostname, port }: URL, hosts: readonly string[]): boolean {
  const isLoopback = hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
  if (protocol !== "https:" && !(protocol === "http:" && isLoopback)) return false;
  return hosts.some((host) => {
    const [, name = "", ownPort] = /^(\[.*\]|[^:]*)(?::(\d+))?$/.exec(host) ?? [];
    const isName = name.startsWith("*.") ? hostname.endsWith(name.slice(1)) : hostname === name;
    const isPort = ownPort === undefined ? port === "" || isLoopback : port === ownPort || (port === "" && ownPort === "443");
    return isName && isPort;
  });
}
