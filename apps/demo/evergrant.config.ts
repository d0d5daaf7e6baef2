/**
 * The app schema of the demo: one integration, at the sandbox that `npm start` runs beside the server.
 */
import { defineConfig } from "@evergrant/providers";

// Where `npm start` put the app; its pages call Evergrant, and flows come back to them.
const appOrigin = process.env["DEMO_ORIGIN"] ?? "http://127.0.0.1:4002";

export default defineConfig({
  returnOrigins: [appOrigin],
  allowedOrigins: [appOrigin],
  integrations: {
    oauth: {
      providers: {
        sandbox: {
          // Where `npm start -- --sandbox-port` put it.
          parameters: { port: process.env["SANDBOX_PORT"] ?? "4001" },
          clientId: "evergrant-sandbox",
          // Good for nothing but the sandbox on this machine. A real one stays in the environment: env("GITHUB_CLIENT_SECRET").
          clientSecret: "sandbox-secret-for-tests-only",
          scopes: ["notes:read"],
          optionalScopes: ["notes:write"],
        },
      },
    },
  },
});
