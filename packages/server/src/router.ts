/**
 * All procedures under their names.
 */
import { apiKeys } from "./procedures/api-keys.ts";
import { audit } from "./procedures/audit.ts";
import { config } from "./procedures/config.ts";
import { connections } from "./procedures/connections.ts";
import { events } from "./procedures/events.ts";
import { integrations } from "./procedures/integrations.ts";
import { keys } from "./procedures/keys.ts";
import { scopes } from "./procedures/scopes.ts";
import { sessions } from "./procedures/sessions.ts";
import { subjects } from "./procedures/subjects.ts";
import { tokens } from "./procedures/tokens.ts";
import { webhooks } from "./procedures/webhooks.ts";
import { router } from "./trpc.ts";

export const appRouter = router({
  config,
  integrations,
  scopes,
  connections,
  tokens,
  events,
  sessions,
  subjects,
  webhooks,
  apiKeys,
  keys,
  audit,
});

/** The API as the client sees it: import it as a type only. */
export type AppRouter = typeof appRouter;
