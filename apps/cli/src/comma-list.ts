/**
 * A list as people type it, and as variables have it: `a,b`.
 */
import { z } from "zod";

export const commaList = z.string().transform((text) => text.split(/[\s,]+/).filter((word) => word !== ""));
