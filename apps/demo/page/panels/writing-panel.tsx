/**
 * Step-up: one more scope, asked for when it is needed.
 */
import { useConnect } from "@evergrant/react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { jsonInit } from "../backend.ts";
import { useBackend } from "../backend-context.ts";
import type { ConnectionView } from "../connection.ts";
import { WriteButton } from "../shown/write-button.tsx";
import { callAgain } from "../use-calls.ts";
import { Panel } from "./panel.tsx";

export function WritingPanel({ connection }: { readonly connection: ConnectionView }) {
  const { need } = useConnect("sandbox", { scopes: ["notes:read", "notes:write"] });
  if (connection.status !== "active") return null;
  return (
    <Panel title="Write a note" code={["page/shown/write-button.tsx"]}>
      {need === "step_up" ? (
        <>
          <p>
            For this the app needs one thing more: <strong>create, edit and delete notes</strong>. It is asked for now, and not on the first
            day. What was granted stays.
          </p>
          <div className="actions">
            <WriteButton />
          </div>
        </>
      ) : (
        <NoteForm />
      )}
    </Panel>
  );
}

function NoteForm() {
  const id = useId();
  const { ask } = useBackend();
  const queryClient = useQueryClient();
  const [text, setText] = useState("");
  const add = useMutation({
    mutationFn: () => ask("/api/notes", jsonInit({ text: text.trim() })),
    onSuccess: ({ ok }) => ok && setText(""),
    onSettled: () => callAgain(queryClient),
  });
  return (
    <form
      className="note"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() !== "") add.mutate();
      }}
    >
      <label htmlFor={id}>A note</label>
      <div className="row">
        <input
          id={id}
          value={text}
          onChange={({ target }) => setText(target.value)}
          required
          maxLength={200}
          autoComplete="off"
          placeholder="Water the fern"
        />
        <button className="button" disabled={add.isPending}>
          Add
        </button>
      </div>
      <output>{add.isSuccess && (add.data.ok ? "It is with your notes." : "The provider did not take it.")}</output>
    </form>
  );
}
