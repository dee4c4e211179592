StorageManager.prototype.estimate = () => Promise.resolve({ quota: 3_000_000, usage: 1_000_000 });
