"""The built-in nodes: one file each, found because it is there."""
