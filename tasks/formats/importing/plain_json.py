"""JSON that means the same to whoever reads it: no NaN, no number or nesting that others refuse."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

import orjson

from schemas.base import JsonObject


class NotPlainError(ValueError):
    """A text is not JSON, or a value not plain; the message says why."""


class TooDeepError(NotPlainError):
    """A value is nested too deep, or has a number or text that few can read."""


def _refuse_constant(name: str) -> None:
    msg = f"{name} is no JSON"
    raise TooDeepError(msg)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        msg = f"the number {text[:40]} is too large"
        raise TooDeepError(msg)
    return number


_GAP = re.compile(r"[\s,]*")
DECODER = json.JSONDecoder(parse_float=_finite, parse_constant=_refuse_constant)


def read_json(text: str) -> Any:  # noqa: ANN401  # whatever the text holds
    """Return the value of a JSON text. Raises: NotPlainError."""
    try:
        value = DECODER.decode(text)
    except RecursionError as exc:
        msg = "it is nested too deep"
        raise TooDeepError(msg) from exc
    except json.JSONDecodeError as exc:
        msg = f"{exc.msg} at character {exc.pos + 1:,}"
        raise NotPlainError(msg) from exc
    except NotPlainError:
        raise
    except ValueError as exc:  # a whole number of thousands of digits
        msg = "a number has too many digits"
        raise TooDeepError(msg) from exc
    check_plain(value)
    return value


def read_values(text: str) -> Iterator[Any]:
    """Yield the values of a text that holds several, one after another. Raises: NotPlainError."""
    at = 0
    while at < len(text):
        try:
            value, end = DECODER.raw_decode(text, at)
        except RecursionError as exc:
            msg = "it is nested too deep"
            raise TooDeepError(msg) from exc
        except ValueError as exc:
            raise NotPlainError(str(exc)) from exc
        check_plain(value)
        yield value
        gap = _GAP.match(text, end)
        at = gap.end() if gap else end


def check_plain(value: object) -> None:
    """Raise TooDeepError for a value that can't be written as JSON that everybody reads."""
    try:
        orjson.dumps(value)
    except (orjson.JSONEncodeError, RecursionError) as exc:
        msg = f"it can't be kept as JSON: {exc}"
        raise TooDeepError(msg) from exc


def read_object(given: object, what: str) -> JsonObject:
    """Return an object that is given as itself or as its JSON text. Raises: NotPlainError."""
    try:
        value = read_json(given) if isinstance(given, str) else given
    except NotPlainError as exc:
        msg = f"{what} are not JSON: {exc}"
        raise NotPlainError(msg) from exc
    if not isinstance(value, dict):
        msg = f"{what} are no object"
        raise NotPlainError(msg)
    return value
