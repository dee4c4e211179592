"""The node `{{class}}`: counts the words of texts, and of all texts so far."""

from remotemedia import Json, Node, Param, Text


class {{class}}(Node):
    """How many words each text has, and all of them so far."""

    minimum: int = Param(1, minimum=1, description="letters that a word has at least")

    def initialize(self):
        self.total = 0

    def process(self, data: Text) -> Json:
        words = [word for word in data.split() if len(word) >= self.minimum]
        self.total += len(words)
        return {"words": len(words), "total": self.total}
