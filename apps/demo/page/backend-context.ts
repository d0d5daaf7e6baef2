/**
 * Hands the backend of the signed-in user to what is below.
 */
import { createContext, useContext } from "react";
import type { Backend } from "./backend.ts";

export const BackendContext = createContext<Backend | null>(null);

export function useBackend(): Backend {
  const backend = useContext(BackendContext);
  if (backend === null) throw new Error("useBackend works below BackendContext");
  return backend;
}
