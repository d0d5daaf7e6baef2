import { vitestConfig } from "../../vitest.shared.ts";

export default vitestConfig({ typeTests: true, include: ["{src,test}/**/*.{test,spec}.{ts,tsx}"] });
