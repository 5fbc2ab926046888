"""Reads the structured answer in a reply's text, and words what is wrong with it."""

import re
from collections.abc import Iterator
from typing import TypeVar

import orjson
from pydantic import ValidationError

from schemas.answers import Answer
from schemas.base import JsonObject
from schemas.refusals import opens_with_refusal, refuses

A = TypeVar("A", bound=Answer)
_FENCED = re.compile(r"```(?:json)?[ \t]*\n(.*?)\n?[ \t]*```", re.DOTALL)
_MOST_NAMED = 5


class MalformedError(ValueError):
    """A text that is not the answer that was asked for. Its words quote nothing of the text."""


def parse_answer(text: str, answer: type[A]) -> A:
    """Return the answer in a text: all of it is JSON, or one fenced block of it.

    Raises: MalformedError.
    """
    value = _find_json(text)
    try:
        return answer.model_validate(value)
    except ValidationError as exc:
        raise MalformedError(_explain(exc)) from exc


def declines(text: str) -> bool:
    """Whether a text that should be data refuses: in prose, or in how each of its strings opens."""
    try:
        said = [each for each in _strings(_find_json(text)) if each.strip()]
    except MalformedError:
        # a cut object may well hold a request that says "I can't"
        return not text.lstrip().startswith(("{", "[", "`")) and refuses(text)
    return bool(said) and all(map(opens_with_refusal, said))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _strings(each)


def _find_json(text: str) -> object:
    for candidate in (text, *_FENCED.findall(text)):
        try:
            return orjson.loads(candidate)
        except orjson.JSONDecodeError:
            continue
    msg = "it is not one JSON object"
    raise MalformedError(msg)


def _explain(exc: ValidationError) -> str:
    found = exc.errors(include_url=False, include_input=False, include_context=False)
    named = [f"{_place(error['loc'])}: {error['msg']}" for error in found[:_MOST_NAMED]]
    more = len(found) - len(named)
    return "; ".join(named) + (f"; and {more} more" if more else "")


def _place(loc: tuple[int | str, ...]) -> str:
    return ".".join(map(str, loc)) or "the answer"


def corrective_turn(text: str, wrong: str) -> tuple[JsonObject, JsonObject]:
    """Return the turns that show a model its answer and say what was wrong with it."""
    asked = (
        f"That answer can't be used: {wrong}. Answer again: only the JSON object, "
        "in the shape that was asked for, with nothing before or after it."
    )
    return {"role": "assistant", "content": text}, {"role": "user", "content": asked}
