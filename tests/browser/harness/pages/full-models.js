// The models worker of a browser with room for two million bytes.
import "./without-room.js";
import "/remotemedia/models-worker.js";
