/**
 * Kakao Login.
 */
import { provider } from "../provider.ts";

export const kakao = provider({
  id: "kakao",
  name: "Kakao",
  docsUrl: "https://developers.kakao.com/docs/latest/en/kakaologin/rest-api",
  scopesDocsUrl: "https://developers.kakao.com/docs/latest/en/kakaologin/utilize#scope",
  registration: {
    url: "https://developers.kakao.com/console/app",
    steps: "My Application, Add; Kakao Login on; redirect URI; Consent items; Security: client secret",
  },
  confidence: "medium",
  issuer: "https://kauth.kakao.com",
  authorizationEndpoint: "https://kauth.kakao.com/oauth/authorize",
  tokenEndpoint: "https://kauth.kakao.com/oauth/token",
  // Unlinking: the whole consent ends.
  revocation: { endpoint: "https://kapi.kakao.com/v1/user/unlink", method: "bearer", ends: "account" },
  account: { endpoint: "https://kapi.kakao.com/v2/user/me", idPath: "id", labelPath: "kakao_account.profile.nickname" },
  clientAuthentication: "client_secret_post",
  pkce: "unsupported",
  scopeSeparator: ",",
  accessTokenLifetimeSeconds: 21_600,
  refreshTokenLifetimeSeconds: 5_184_000,
  defaultScopes: ["profile_nickname"],
  scopes: {
    openid: { description: "Sign in with OpenID Connect", sensitivity: "basic" },
    profile_nickname: { description: "Read the nickname", sensitivity: "basic" },
    profile_image: { description: "Read the profile image", sensitivity: "basic" },
    account_email: { description: "Read the account email", sensitivity: "basic" },
    name: { description: "Read the legal name", sensitivity: "read" },
    gender: { description: "Read the gender", sensitivity: "read" },
    age_range: { description: "Read the age range", sensitivity: "read" },
    birthday: { description: "Read the birthday", sensitivity: "read" },
    birthyear: { description: "Read the birth year", sensitivity: "read" },
    phone_number: { description: "Read the phone number", sensitivity: "read" },
    account_ci: { description: "Read the connecting information (CI)", sensitivity: "read" },
    shipping_address: { description: "Read shipping addresses", sensitivity: "read" },
    friends: { description: "List friends using the service", sensitivity: "read" },
    talk_message: { description: "Send KakaoTalk messages", sensitivity: "write" },
    talk_calendar: { description: "Manage the Talk calendar", sensitivity: "write" },
    plusfriends: { description: "Read channel relationships", sensitivity: "read" },
  },
  quirks: ["A new refresh token comes only in the last month of the old one", "A refusal also has a code of Kakao's own in error_code"],
});
