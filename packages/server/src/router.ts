/**
 * All procedures under their names.
 */
import { apiKeys } from "./procedures/api-keys.ts";
import { config } from "./procedures/config.ts";
import { connections } from "./procedures/connections.ts";
import { events } from "./procedures/events.ts";
import { integrations } from "./procedures/integrations.ts";
import { scopes } from "./procedures/scopes.ts";
import { tokens } from "./procedures/tokens.ts";
import { createCallerFactory, router } from "./trpc.ts";

export const appRouter = router({ config, integrations, scopes, connections, tokens, events, apiKeys });

/** The API as the client sees it: import it as a type only. */
export type AppRouter = typeof appRouter;

export const createCaller = createCallerFactory(appRouter);
