/** Every page of docs/ and its place; a test holds the two together. */

interface Entry {
  readonly text: string;
  readonly link: string;
}

const page = (text: string, name: string): Entry => ({ text, link: `/${name}` });

export const sidebar: { text: string; collapsed?: boolean; items: Entry[] }[] = [
  {
    text: "Use it",
    items: [
      page("Start", "start"),
      page("Connect from a frontend", "connect"),
      page("Call from a backend", "call"),
      page("Real SDKs", "sdks"),
      page("Errors and what to do", "errors"),
      page("Webhooks", "webhooks"),
      page("Other languages", "other-languages"),
    ],
  },
  {
    text: "Declare it",
    items: [page("The config", "config"), page("Providers", "providers")],
  },
  {
    text: "Run it",
    items: [
      page("Self-hosting", "self-hosting"),
      page("Metrics", "metrics"),
      page("Encryption keys", "keys"),
      page("The format of a ciphertext", "ciphertext-format"),
      page("Scaling", "scaling"),
      page("Benchmarks", "benchmarks"),
      page("The audit log", "audit"),
      page("Security", "security"),
      page("Standards", "standards"),
      page("Who may call what", "authorization"),
    ],
  },
  {
    text: "Why it is as it is",
    collapsed: true,
    items: [
      page("arctic and oauth4webapi", "decisions/arctic"),
      page("Events and webhooks", "decisions/events-and-webhooks"),
      page("The hot path", "decisions/hot-path"),
      page("Key-encryption keys of services", "decisions/key-services"),
      page("Tokens of an identity provider", "decisions/identity-provider-tokens"),
      page("Leases in libSQL", "decisions/lease-in-libsql"),
      page("No interactive transactions", "decisions/no-interactive-transactions"),
      page("Popups", "decisions/popups"),
      page("The runtime", "decisions/runtime"),
      page("Triggers under the seals", "decisions/sealed-columns"),
      page("Two defences of the log", "decisions/silence"),
      page("Unconfirmed grants", "decisions/unconfirmed-grants"),
      page("Who acts", "decisions/who-acts"),
    ],
  },
];
