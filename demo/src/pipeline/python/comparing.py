"""Results of several branches, side by side."""

from remotemedia import Json, Node, Param


class CompareNode(Node):
    """Takes one value from each branch in turn, and gives them as one row."""

    columns: list = Param([], description="a name for each branch, in the order of the connections")

    def initialize(self):
        self.row = []

    def process(self, value) -> Json:
        self.row.append(value)
        if len(self.row) < len(self.columns):
            return None
        row, self.row = self.row, []
        return dict(zip(self.columns, row, strict=True))
