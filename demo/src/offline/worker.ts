// The site's service worker. It is built by itself, with the list of the site's files (`xtask/js/offline.mjs`).
import { type AssetList, serve } from "remotemedia/sw";

declare const SITE_ASSETS: AssetList;

serve({ assets: "./", list: SITE_ASSETS, pages: true, isolate: true });
