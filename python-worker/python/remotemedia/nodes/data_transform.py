"""`DataTransformNode`: doubles or increments numbers."""

from ..node import Node, Param


class DataTransformNode(Node):
    """Doubles or increments a number, or the numbers of a list (True counts as 1), or passes the item through.

    Any other operation, or an item of another type, gives a map that says what was asked and what was there.
    """

    operation: str = Param("passthrough", description="passthrough, double or increment")

    def process(self, data):
        operation = self.operation
        if operation == "passthrough":
            return data
        apply = _OPERATIONS.get(operation)
        if apply is not None and isinstance(data, (int, float)):
            return apply(data)
        if apply is not None and isinstance(data, list):
            return [apply(it) if isinstance(it, (int, float)) else it for it in data]
        return {"operation": operation, "input": data, "processed_by": f"DataTransformNode[{self.name}]"}


_OPERATIONS = {"double": lambda x: x * 2, "increment": lambda x: x + 1}
