// The models worker of a browser that keeps no files.
import "./without-files.js";
import "./without-cache.js";
import "/remotemedia/models-worker.js";
