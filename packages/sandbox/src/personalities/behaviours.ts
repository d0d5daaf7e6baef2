/**
 * The personalities by id: a provider's id in the catalogue, or that of a variant of it.
 */
import type { Behaviour } from "./behaviour.ts";
import { atlassian } from "./providers/atlassian.ts";
import { dropbox } from "./providers/dropbox.ts";
import { facebook } from "./providers/facebook.ts";
import { figma } from "./providers/figma.ts";
import { github, githubApp } from "./providers/github.ts";
import { google } from "./providers/google.ts";
import { hubspot } from "./providers/hubspot.ts";
import { instagram } from "./providers/instagram.ts";
import { linear } from "./providers/linear.ts";
import { microsoft } from "./providers/microsoft.ts";
import { notion } from "./providers/notion.ts";
import { quickbooks } from "./providers/quickbooks.ts";
import { reddit } from "./providers/reddit.ts";
import { salesforce } from "./providers/salesforce.ts";
import { shopify } from "./providers/shopify.ts";
import { slack, slackUser } from "./providers/slack.ts";
import { tiktok } from "./providers/tiktok.ts";
import { withings } from "./providers/withings.ts";
import { zoho } from "./providers/zoho.ts";
import { zoom } from "./providers/zoom.ts";

export const behaviours = {
  atlassian,
  dropbox,
  facebook,
  figma,
  github,
  "github-app": githubApp,
  google,
  hubspot,
  instagram,
  linear,
  microsoft,
  notion,
  quickbooks,
  reddit,
  salesforce,
  shopify,
  slack,
  "slack-user": slackUser,
  tiktok,
  withings,
  zoho,
  zoom,
} as const satisfies Record<string, Behaviour>;

export type PersonalityId = keyof typeof behaviours;

/** The ids of all personalities. */
export const personalityIds = Object.keys(behaviours).filter((id): id is PersonalityId => id in behaviours);
