/**
 * How Meta's servers say no: an error object with a number.
 */
import { type Refusals, json, refusals } from "../behaviour.ts";

/**
 * The refusals of a Meta server; `type` is what it calls them.
 *
 * @see https://developers.facebook.com/docs/graph-api/guides/error-handling
 */
export function metaRefusals(type: string): Refusals {
  const refused = (status: number, code: number, message: string, subcode?: number) =>
    json(status, {
      error: { message, type, code, ...(subcode === undefined ? {} : { error_subcode: subcode }), fbtrace_id: "EJplcsCHuLu" },
    });
  return refusals({
    client: refused(400, 101, "Error validating application. Cannot get application info due to a system error."),
    code: refused(400, 100, "Error validating verification code. Please make sure your redirect_uri is identical to the one you used."),
    refresh_token: refused(400, 190, "Error validating access token: The user has not authorized application.", 458),
    request: refused(400, 100, "Missing a required parameter."),
    grant_type: refused(400, 100, "Invalid grant_type."),
    transient: refused(500, 2, "Service temporarily unavailable"),
    rate: refused(400, 4, "Application request limit reached"),
  });
}
