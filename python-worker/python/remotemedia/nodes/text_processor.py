"""`TextProcessorNode`: upper case, lower case, counts and the like of a text."""

from ..node import Node, Param
from ..values import Json


class TextProcessorNode(Node):
    """Applies operations to a text: uppercase, lowercase, word_count, char_count, reverse. Unknown ones are skipped.

    The text is the item's `text` if it is a map, else the item as Python prints it. Without the parameter `operations`
    the item's own `operations` count, and without those `uppercase`.
    """

    operations: list[str] = Param(None, description="What to do with each text; unknown names are skipped")

    def process(self, data) -> Json:
        is_map = isinstance(data, dict)
        text = data.get("text", "") if is_map else str(data)
        if not isinstance(text, str):
            raise TypeError(f"`text` is to be text, but is {type(text).__name__}")
        operations = self.operations
        if operations is None:
            operations = data.get("operations") if is_map else None
        if operations is None:
            operations = ["uppercase"]
        results = {}
        for name in operations:
            apply = _OPERATIONS.get(name) if isinstance(name, str) else None
            if apply is not None:
                results[name] = apply(text)
        return {"original_text": text, "results": results, "processed_by": f"TextProcessorNode[{self.name}]"}


_OPERATIONS = {
    "uppercase": str.upper,
    "lowercase": str.lower,
    "word_count": lambda text: len(text.split()),
    "char_count": len,
    "reverse": lambda text: text[::-1],
}
