// The models worker of a browser without a private file system.
import "./without-files.js";
import "/remotemedia/models-worker.js";
