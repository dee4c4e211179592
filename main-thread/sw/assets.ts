import type { AssetList } from "../js/offline-list.js";

declare const REMOTEMEDIA_ASSETS: AssetList;

/** The files of the package; the build writes them here once it has made them all. */
export const PACKAGE: AssetList = REMOTEMEDIA_ASSETS;
