"""Requests with values that nobody should report and somebody does, each once."""

import decimal


class RaisesOnTruth:
    def __bool__(self):
        raise RuntimeError("no truth")


class RaisesOnText:
    def __str__(self):
        raise RuntimeError("no text")


class RaisesOnStatus:
    @property
    def status_code(self):
        raise RuntimeError("no status")


class HasStatus:
    def __init__(self, status_code):
        self.status_code = status_code

    def __bool__(self):
        raise RuntimeError("the truth of a response is not asked for")


NOTHING = object()

USUAL = {
    "request_type": "GET",
    "name": "/usual",
    "response_time": 1.5,
    "response_length": 10,
    "response": None,
    "exception": None,
    "context": {},
}

TIMES = [None, -1.0, -0.0, float("nan"), float("inf"), float("-inf"), 1e300, "12", b"12", decimal.Decimal("1.5"), True]
TIMES += [10**400, [], RaisesOnTruth(), NOTHING]
TEXTS = [
    "",
    None,
    7,
    b"/bytes",
    b"\xff\xfe",
    "x" * 1_000_000,
    "\x00\x1b[31m\r\n\t\x7f\u2028",
    "\ud800 alone",
    "\U0001f980",
]
TEXTS += [RaisesOnText(), ("a", "tuple"), NOTHING]
LENGTHS = [None, -1, "10", 1.5, float("nan"), 10**30, b"", RaisesOnText(), NOTHING]
EXCEPTIONS = ["", "a text", RaisesOnTruth(), RaisesOnText(), 0, Exception(), BaseException("base"), NOTHING]
RESPONSES = [RaisesOnStatus(), object(), "text", HasStatus(None), HasStatus(0), HasStatus(-1), HasStatus("200")]
RESPONSES += [HasStatus(99_999), HasStatus(10**30), HasStatus(404), HasStatus(True), NOTHING]

#: Those that Locust's own statistics can take.
HARMLESS = [("response_time", None), *(("response", response) for response in RESPONSES), ("name", "\x1b[31m\t\u2028")]

ALL = [
    *(("response_time", value) for value in TIMES),
    *(("name", value) for value in TEXTS),
    *(("request_type", value) for value in TEXTS),
    *(("response_length", value) for value in LENGTHS),
    *(("exception", value) for value in EXCEPTIONS),
    *(("response", value) for value in RESPONSES),
]


def odd_request(key, value):
    """Return the arguments of a request event, in which one value is odd, or missing for NOTHING."""
    arguments = {**USUAL, key: value}
    if value is NOTHING:
        del arguments[key]
    return arguments


def has_failed(arguments):
    """Return whether Locust counts it as a failure: its exception is true, or will not say."""
    try:
        return bool(arguments.get("exception"))
    except RuntimeError:
        return True
