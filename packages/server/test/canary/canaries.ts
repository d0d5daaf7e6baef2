/**
 * Marked secrets, the places where something was written down, and the search for the ones in the others.
 */

/** What a secret is. */
export type Kind =
  | "client secret"
  | "access token"
  | "refresh token"
  | "ID token"
  | "authorization code"
  | "code verifier"
  | "state"
  | "flow cookie"
  | "confirmation"
  | "API key"
  | "session token"
  | "webhook secret"
  | "key-encryption key"
  | "typed by mistake";

export interface Canaries {
  /** Remembers a secret, to look for it everywhere at the end. */
  keep(kind: Kind, secret: string): void;
  /** All of them in one text, for whoever is to repeat them. */
  song(): string;
  /** Writes down what stood at a place; `mayHold` are the kinds that belong there. */
  note(place: string, content: string | Uint8Array, mayHold?: readonly Kind[]): void;
  search(): Search;
}

export interface Search {
  /** How many secrets of each kind were kept. */
  readonly secrets: Readonly<Record<string, number>>;
  /** How many bytes were searched at each place. */
  readonly places: ReadonlyMap<string, number>;
  readonly forms: number;
  readonly found: readonly string[];
}

const shortest = 16;

export function createCanaries(): Canaries {
  const secrets = new Map<string, Kind>();
  const notes: { place: string; content: Buffer; mayHold: readonly Kind[] }[] = [];
  return {
    keep(kind, secret) {
      if (secret.length < shortest) throw new Error(`a ${kind} of ${secret.length} characters may be anywhere by chance`);
      secrets.set(secret, kind);
    },
    song: () => [...secrets.keys()].join(" "),
    note: (place, content, mayHold = []) => {
      notes.push({ place, content: Buffer.from(content), mayHold });
    },
    search() {
      const counts: Record<string, number> = {};
      const places = new Map<string, number>();
      const found = new Set<string>();
      let forms = 0;
      for (const { place, content } of notes) places.set(place, (places.get(place) ?? 0) + content.byteLength);
      for (const [secret, kind] of secrets) {
        counts[kind] = (counts[kind] ?? 0) + 1;
        for (const [form, text] of formsOf(secret)) {
          forms += 1;
          for (const { place, content, mayHold } of notes) {
            if (!mayHold.includes(kind) && content.includes(text)) found.add(`${kind}, ${form}, in ${place}`);
          }
        }
      }
      return { secrets: counts, places, forms, found: [...found] };
    },
  };
}

/** A secret as it may be written down. Within base64 of more it begins at any of three bits. */
function formsOf(secret: string): (readonly [form: string, text: string])[] {
  const bytes = Buffer.from(secret, "utf8");
  const within = (encoding: "base64" | "base64url") =>
    [0, 1, 2].map((before) => {
      const text = Buffer.concat([Buffer.alloc(before), bytes])
        .toString(encoding)
        .replace(/=+$/, "");
      // The first and last characters hold bits of their neighbours.
      return text.slice(before === 0 ? 0 : before + 1, -2);
    });
  return [
    ["plain", secret],
    ["URL-encoded", encodeURIComponent(secret)],
    ["form-encoded", new URLSearchParams({ s: secret }).toString().slice(2)],
    ["JSON", JSON.stringify(secret).slice(1, -1)],
    ["hex", bytes.toString("hex")],
    ["upper-case hex", bytes.toString("hex").toUpperCase()],
    ...within("base64").map((text) => ["base64", text] as const),
    ...within("base64url").map((text) => ["base64url", text] as const),
  ];
}
