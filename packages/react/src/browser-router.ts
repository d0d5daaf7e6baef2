/**
 * What a subject's session may call, as a tRPC router's type: made of the client's own types, so that nothing of the server is needed.
 */
import type { InputOf, MutationPath, OutputOf, QueryPath } from "@evergrant/client";
import type { TRPCBuiltRouter, TRPCDefaultErrorShape, TRPCMutationProcedure, TRPCQueryProcedure } from "@trpc/server";

type Query<Path extends QueryPath> = TRPCQueryProcedure<{ input: InputOf<Path>; output: OutputOf<Path>; meta: unknown }>;
type Mutation<Path extends MutationPath> = TRPCMutationProcedure<{ input: InputOf<Path>; output: OutputOf<Path>; meta: unknown }>;
interface Root {
  readonly ctx: object;
  readonly meta: object;
  readonly errorShape: TRPCDefaultErrorShape;
  readonly transformer: false;
}

export type BrowserRouter = TRPCBuiltRouter<
  Root,
  {
    connections: {
      list: Query<"connections.list">;
      get: Query<"connections.get">;
      authorize: Mutation<"connections.authorize">;
      confirm: Mutation<"connections.confirm">;
      disconnect: Mutation<"connections.disconnect">;
    };
    integrations: { list: Query<"integrations.list"> };
    scopes: { list: Query<"scopes.list">; check: Query<"scopes.check"> };
    tokens: { status: Query<"tokens.status"> };
    events: { list: Query<"events.list"> };
  }
>;
