import { defineConfig } from "vite";

export default defineConfig({
  // The site works below any path.
  base: "./",
  build: { target: "es2022", modulePreload: { polyfill: false }, sourcemap: true },
});
