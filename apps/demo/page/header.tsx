/**
 * The head of the page: what this is, and who is signed in.
 */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type AppFacts, jsonInit } from "./backend.ts";
import leaf from "./leaf.svg";

export function Header({ facts: { user, users } }: { readonly facts: AppFacts }) {
  const queryClient = useQueryClient();
  const signIn = useMutation({
    mutationFn: (id: string) => fetch("/api/user", jsonInit({ id })),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ["user"] }),
  });
  return (
    <header className="top">
      <p className="brand">
        <img src={leaf} alt="" width="26" height="26" /> Evergrant <span>demo</span>
      </p>
      <fieldset className="users">
        <legend>Signed in as</legend>
        {users.map(({ id, name }) => (
          <button key={id} type="button" aria-pressed={id === user.id} disabled={signIn.isPending} onClick={() => signIn.mutate(id)}>
            {name}
          </button>
        ))}
      </fieldset>
    </header>
  );
}
