"""What a node remembers for the length of one run."""


class StateManager:
    """A map of anything by name. It begins empty in every run and is dropped at its end."""

    def __init__(self):
        self._values = {}
        self._sessions = {}

    def get(self, key, default=None):
        """The value of `key`, or `default`."""
        return self._values.get(key, default)

    def set(self, key, value):
        """Remembers `value` as `key`."""
        self._values[key] = value

    def update(self, *args, **kwargs):
        """Remembers several values, as `dict.update`."""
        self._values.update(*args, **kwargs)

    def has(self, key):
        """Whether `key` is known."""
        return key in self._values

    def delete(self, key):
        """Forgets `key`, and says whether it was known."""
        return self._values.pop(key, self) is not self

    def clear(self):
        """Forgets everything, sessions included."""
        self._values.clear()
        self._sessions.clear()

    def keys(self):
        """All known names."""
        return list(self._values)

    def items(self):
        """All names with their values."""
        return list(self._values.items())

    def session(self, session_id):
        """A StateManager of its own for `session_id`, e.g. one speaker or one recording."""
        return self._sessions.setdefault(session_id, StateManager())

    def __contains__(self, key):
        return key in self._values

    def __getitem__(self, key):
        return self._values[key]

    def __setitem__(self, key, value):
        self._values[key] = value

    def __delitem__(self, key):
        del self._values[key]

    def __len__(self):
        return len(self._values)
