"""Node ABI v1: the bytes, and what hostile bytes come to."""

import pathlib
import random
import unittest
from unittest import mock

import hosted  # noqa: F401  (finds the package)
from remotemedia import Audio, Bytes, Tensor, _abi
from remotemedia._abi import FROM_GUEST, TO_GUEST, AbiError, decode, encode
from remotemedia._wire import Unsupported

GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "node-abi" / "tests" / "golden.txt"
WHOLE = {"index": 0, "last": True}
NONE_TELLS = {"name": "same", "aliases": [], "description": "", "params": "", "inputs": ["any"], "outputs": ["any"]}


class Words(unittest.TestCase):
    CASES = [
        # messages, name, fields, bytes in hexadecimal
        (TO_GUEST, "Hello", {"capabilities": []}, "01 00 00"),
        (TO_GUEST, "Open", {"node": 300, "id": "a", "kind": "B", "params": {}}, "01 01 ac02 01 61 01 42 08 00"),
        (
            TO_GUEST,
            "Turn",
            {"node": 1, "items": [{"value": -1, "part": {"index": 2, "last": False}}], "outputs": 1, "bytes": 2**64 - 1},
            "01 02 01 01 02 01 02 00 01 ffffffffffffffffff01",
        ),
        (TO_GUEST, "Flush", {"node": 0, "outputs": 1, "bytes": 1}, "01 03 00 01 01"),
        (TO_GUEST, "Close", {}, "01 04"),
        (TO_GUEST, "Register", {"name": "a", "source": "b"}, "01 05 01 61 01 62"),
        (FROM_GUEST, "Hello", {"capabilities": ["sources"], "kinds": []}, "01 00 01 07 736f7572636573 00"),
        (
            FROM_GUEST,
            "Kinds",
            {"kinds": [{**NONE_TELLS, "streaming": True}]},
            "01 04 01 04 73616d65 00 00 00 01 03 616e79 01 03 616e79 01",
        ),
        (FROM_GUEST, "Opened", {}, "01 01"),
        (
            FROM_GUEST,
            "Worked",
            {"outputs": [{"input": 0, "part": WHOLE, "value": "x"}], "done": 1, "state": "Waiting"},
            "01 02 01 00 00 01 05 01 78 01 02",
        ),
        (FROM_GUEST, "Closed", {}, "01 03"),
        (
            FROM_GUEST,
            "Fault",
            {"code": "A", "stage": "", "message": "b", "traceback": "c"},
            "01 05 01 41 00 01 62 01 01 63",
        ),
        (FROM_GUEST, "Log", {"node": None, "level": "Warn", "message": "a"}, "01 06 00 02 01 61"),
        (
            FROM_GUEST,
            "Progress",
            {"node": 1, "done": 1.0, "total": None, "unit": "Tokens"},
            "01 07 01 000000000000f03f 00 03",
        ),
        (FROM_GUEST, "Partial", {"node": 1, "value": None}, "01 08 01 00"),
    ]

    def test_every_message_has_its_bytes(self):
        self.assertEqual({name for messages, name, *_ in self.CASES if messages is TO_GUEST}, TO_GUEST.keys())
        self.assertEqual({name for messages, name, *_ in self.CASES if messages is FROM_GUEST}, FROM_GUEST.keys())
        for messages, name, fields, text in self.CASES:
            with self.subTest(name):
                frame = bytes.fromhex(text)
                self.assertEqual(encode(messages, name, **fields).hex(), frame.hex())
                self.assertEqual(decode(messages, frame), (name, fields))

    def test_every_proper_prefix_is_an_error(self):
        for messages, name, _, text in self.CASES:
            frame = bytes.fromhex(text)
            for end in range(len(frame)):
                with self.subTest(name, end=end), self.assertRaises(AbiError):
                    decode(messages, frame[:end])

    @unittest.skipUnless(GOLDEN.exists(), "no golden bytes")
    def test_the_golden_bytes_of_the_specification_are_read_and_written(self):
        rows = [line.split(": ") for line in GOLDEN.read_text().splitlines()]
        for name, text in rows:
            of, variant = name.split(".")
            messages = TO_GUEST if of == "ToGuest" else FROM_GUEST
            frame = bytes.fromhex(text) if of != "Value" else b"\x01\x08\x00" + bytes.fromhex(text)
            with self.subTest(name):
                read, fields = decode(messages, frame)
                self.assertEqual(read, "Partial" if of == "Value" else variant)
                # A list is packed when it is long.
                if name != "Value.Numbers":
                    self.assertEqual(encode(messages, read, **fields).hex(), frame.hex())
            for end in range(len(frame)):
                with self.subTest(name, end=end), self.assertRaises(AbiError):
                    decode(messages, frame[:end])
        self.assertGreater(len(rows), 20)

    def test_what_follows_a_message_and_other_versions_are_errors(self):
        for text, why in [("01 04 00", "1 bytes left over"), ("02 04", "version 2, expected 1"), ("01 06", "number 6")]:
            with self.assertRaisesRegex(AbiError, why):
                decode(TO_GUEST, bytes.fromhex(text))


class Values(unittest.TestCase):
    CASES = [
        (None, "00"),
        (True, "01 01"),
        (-1, "02 01"),
        (2**63 - 1, "02 feffffffffffffffff01"),
        (-(2**63), "02 ffffffffffffffffff01"),
        (2**64 - 1, "03 ffffffffffffffffff01"),
        (1.5, "04 000000000000f83f"),
        ("ü😀", "05 06 c3bc f09f9880"),
        ([1, [None]], "06 02 02 02 06 01 00"),
        ({"b": 1, "a": {}}, "08 02 01 62 02 02 01 61 08 00"),
    ]

    def test_every_value_has_its_bytes(self):
        for value, text in self.CASES:
            with self.subTest(value):
                out = bytearray()
                _abi.put_value(out, value)
                self.assertEqual(out.hex(), bytes.fromhex(text).hex())
                self.assertEqual(self.read(out), value)

    def read(self, raw):
        return decode(FROM_GUEST, b"\x01\x08\x00" + raw)[1]["value"]

    def across(self, value):
        out = bytearray()
        _abi.put_value(out, value)
        return self.read(out)

    def test_bulk_values_cross(self):
        audio = self.across(Audio([0.5, -0.5], 8000, 2))
        self.assertEqual((list(audio.samples), audio.sample_rate, audio.channels), ([0.5, -0.5], 8000, 2))
        tensor = self.across(Tensor(bytes(range(12)), "int16", (2, 3)))
        self.assertEqual((tensor.dtype, tensor.shape, tensor.tobytes()), ("int16", (2, 3), bytes(range(12))))
        it = self.across(Bytes(b"\x00\xff", "a/b", "ü"))
        self.assertEqual((bytes(it), it.mime, it.name), (b"\x00\xff", "a/b", "ü"))
        audio.samples[0] = 0.25
        self.assertEqual(self.across([0.5, 1] * 40), [0.5, 1] * 40)

    def test_numbers_that_json_has_not_are_null(self):
        self.assertEqual(self.across([float("nan"), float("inf"), 1]), [None, None, 1])

    def test_what_cannot_travel_is_named(self):
        deep = []
        for _ in range(101):
            deep = [deep]
        for value, why in [
            (2**64, "an integer of 65 bits"),
            ({1: 2}, "a map whose key is no text but int"),
            (deep, "nested more than 100 deep"),
            ("\ud800", "lone surrogate"),
            (object(), "which no pipeline carries"),
        ]:
            with self.assertRaisesRegex(Unsupported, why):
                self.across(value)

    def test_values_that_cannot_be_are_errors(self):
        for text, why in [
            ("0c", "no kind of value has the number 12"),
            ("01 02", "a truth value of 2"),
            ("05 01 ff", "a value that cannot be"),
            ("06 ffffffff0f", "entries announced"),
            ("07 01 00", "no whole number of elements"),
            ("09 00 01 00", "a value that cannot be"),
            ("0a 01 01 03 01 00", "are no int8 tensor"),
            ("0a 0b 00 00", "no variant has the number 11"),
            ("02 ffffffffffffffffff03", "more than 64 bits"),
            ("06 01" * 200, "nested too deep"),
        ]:
            with self.subTest(text), self.assertRaisesRegex(AbiError, why):
                self.read(bytes.fromhex(text))

    def test_values_are_counted(self):
        with mock.patch.object(_abi, "MAX_VALUES", 10), self.assertRaisesRegex(AbiError, "more than 10 values"):
            self.read(bytes.fromhex("06 06" + "06 01 00" * 6))

    def test_random_bytes_are_a_message_or_an_error(self):
        seeded = random.Random(1)
        for _ in range(20_000):
            raw = bytes(seeded.choice((0, 1, 2, 5, 6, 8, seeded.randrange(256))) for _ in range(seeded.randrange(24)))
            for messages in (TO_GUEST, FROM_GUEST):
                try:
                    decode(messages, b"\x01" + raw)
                except AbiError:
                    pass


if __name__ == "__main__":
    unittest.main()
