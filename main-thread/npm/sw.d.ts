import type { Serve } from "./types/offline-messages.js";

export type { Asset, AssetList } from "./types/offline-list.js";
export type { Serve, ServeOptions } from "./types/offline-messages.js";

/** Makes a service worker of the script that calls it, while the script is first run. */
export declare const serve: Serve;
