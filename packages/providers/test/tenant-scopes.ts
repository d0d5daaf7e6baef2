/** For each form that a provider is open to, scopes of that form: the compiler checks them by its template, tests by its expression. */
export const tenantScopes = {
  "amazon-cognito": ["books/read", "https://api.acme.example/books.write"],
  auth0: ["read:books"],
  authentik: ["books"],
  gitlab: ["user:42"],
  harvest: ["harvest:17", "forecast:18"],
  keycloak: ["books"],
  microsoft: ["https://acme.example/books.read", "api://books/read", "00000003-0000-0000-c000-000000000000/.default"],
  okta: ["books.read"],
  snowflake: ["session:role:ANALYST", "session:role-encoded:A%20B"],
} as const;
