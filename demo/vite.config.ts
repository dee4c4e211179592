import { defineConfig } from "vite";
import { notices } from "./build/notices.ts";
import { siteFacts } from "./build/site-facts.ts";

export default defineConfig({
  // The site works below any path.
  base: "./",
  plugins: [siteFacts(), notices()],
  build: { target: "es2022", modulePreload: { polyfill: false }, sourcemap: true },
});
