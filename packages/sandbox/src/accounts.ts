/**
 * The people of the sandbox: anyone who gives a name. No password, since nothing here is worth one.
 */

export interface Account {
  /** What the provider calls them for good: `sub`, and `id` at the account endpoint. */
  id: string;
  name: string;
  email: string;
}

export interface Accounts {
  /** The account of that id; unknown ids become accounts, for whoever names one in a `login_hint`. */
  byId: (id: string) => Account;
  /** The account of a person who typed a name. */
  byName: (name: string) => Account;
  /** Names the account and makes it the one that logs in next, until another is set. */
  choose: (id: string, label: string) => Account;
  /** Who logs in when nobody is there to say. */
  chosen: () => Account;
  /** Lets the first account log in next again. */
  forgetChoice: () => void;
}

const firstAccountId = "alice";

/** Alice and Bob live here from the start. */
export function createAccounts(): Accounts {
  const accounts = new Map<string, Account>();
  let chosenId = firstAccountId;

  const put = (id: string, label: string) => {
    const account = { id, name: label, email: label.includes("@") ? label : `${id}@sandbox.example` };
    accounts.set(id, account);
    return account;
  };
  put(firstAccountId, "Alice");
  put("bob", "Bob");

  return {
    byId: (id) => accounts.get(id) ?? put(id, id),
    byName: (name) => {
      const id = idFor(name);
      return accounts.get(id) ?? put(id, name.trim());
    },
    choose: (id, label) => {
      chosenId = id;
      return put(id, label);
    },
    chosen: () => accounts.get(chosenId) ?? put(chosenId, chosenId),
    forgetChoice: () => {
      chosenId = firstAccountId;
    },
  };
}

/** "Ada Lovelace" and "ada lovelace " are one person. */
function idFor(name: string): string {
  const id = name
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}@._-]+/gu, "-");
  return id === "" ? firstAccountId : id.slice(0, 64);
}
