"""Texts without what is no letter."""

import re

from remotemedia import Node, Text


class PlainText(Node):
    """Keeps the words of a text, in lower case."""

    def process(self, text: Text) -> Text:
        return " ".join(re.findall(r"[a-z']+", text.lower()))
