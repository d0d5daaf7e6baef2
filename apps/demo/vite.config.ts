import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here("page"),
  build: { outDir: here("dist/page"), emptyOutDir: true, target: "baseline-widely-available", reportCompressedSize: false },
});
