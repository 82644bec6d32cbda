"""Reads OTLP messages in JSON, as strictly as the specification has them ("JSON Protobuf Encoding")."""

from __future__ import annotations

import base64
import json
from typing import Any, TypeVar

from google.protobuf import json_format
from google.protobuf.message import Message

M = TypeVar("M", bound=Message)

#: Encoded as hexadecimal, unlike the bytes of ordinary JSON messages.
_HEXADECIMAL = ("traceId", "spanId", "parentSpanId")

#: Encoded as numbers, never as names.
_ENUMERATIONS = ("aggregationTemporality", "severityNumber")

#: 64-bit integers are decimal strings.
_STRINGS = ("timeUnixNano", "startTimeUnixNano", "observedTimeUnixNano", "intValue", "asInt", "count", "zeroCount")


def read_json(text: str | bytes, message: M) -> M:
    """Fill the message; raises AssertionError or ParseError where the text is not as specified."""
    json_format.ParseDict(_checked(json.loads(text)), message)
    return message


def _checked(value: Any) -> Any:
    if isinstance(value, list):
        return [_checked(one) for one in value]
    if not isinstance(value, dict):
        return value
    checked = {}
    for key, one in value.items():
        assert "_" not in key, f"{key} is not in lower camel case"
        if key in _ENUMERATIONS:
            assert isinstance(one, int), f"{key} is {one!r}, not a number"
        if key in _STRINGS:
            assert isinstance(one, str), f"{key} is {one!r}, not a decimal string"
        if key in _HEXADECIMAL:
            one = base64.b64encode(bytes.fromhex(one)).decode()
        checked[key] = _checked(one)
    return checked
