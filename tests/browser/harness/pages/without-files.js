Object.defineProperty(StorageManager.prototype, "getDirectory", { value: undefined });
