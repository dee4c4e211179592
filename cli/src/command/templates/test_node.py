"""Nodes are plain Python: they are tested without a pipeline."""

import unittest

from {{snake}} import {{class}}


class Test{{class}}(unittest.TestCase):
    def test_words_are_counted(self):
        node = {{class}}("it", {"minimum": 2})
        node.initialize()
        self.assertEqual(node.process("a small test"), {"words": 2, "total": 2})
        self.assertEqual(node.process("more"), {"words": 1, "total": 3})


if __name__ == "__main__":
    unittest.main()
