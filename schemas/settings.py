"""Parameters from a profile, a file and single settings, checked before anything starts."""

import re
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from schemas.catalogue import DATA
from schemas.errors import BadInputError
from schemas.param_checks import cross_check
from schemas.params import BuildParams, Profile
from schemas.suggestions import suggest

PROFILES: tuple[str, ...] = get_args(Profile)

_WORDS = {
    "Field required": "is missing",
    "a valid tuple": "a list such as [a, b]",
    "a valid dictionary or instance of": "a mapping, the keys of",
    "unable to parse string as an integer": "a whole number was expected",
}

Values = dict[str, Any]
Sources = dict[str, str]  # dotted path → where it was given


def load_params(
    profile: str = "rehearsal", file: Path | None = None, sets: Sequence[str] = ()
) -> BuildParams:
    """Return the parameters: defaults, under a profile, under a file, under `key=value`s.

    Raises:
        BadInputError: one line for everything that can't be used.
    """
    sources: Sources = {}
    values = BuildParams().model_dump(mode="json")
    _merge(values, read_profile(profile), f"profile {profile}", sources)
    return _lay_over(values, sources, file, sets)


def change_params(
    params: BuildParams, file: Path | None = None, sets: Sequence[str] = ()
) -> BuildParams:
    """Return parameters under a file, under `key=value`s; endpoints are added, by their names.

    Raises:
        BadInputError: one line for everything that can't be used.
    """
    values = params.model_dump(mode="json")
    known = values["endpoints"]

    def add(given: Values) -> None:
        own = given["endpoints"]
        if isinstance(own, list) and own is not known:
            names = {each.get("name") for each in own if isinstance(each, dict)}
            given["endpoints"] = [each for each in known if each["name"] not in names] + own

    return _lay_over(values, {}, file, sets, add)


def _lay_over(
    values: Values,
    sources: Sources,
    file: Path | None,
    sets: Sequence[str],
    finish: Callable[[Values], None] = lambda _: None,
) -> BuildParams:
    if file is not None:
        _merge(values, _read_file(file), str(file), sources)
    for entry in sets:
        path, value = _parse_set(entry)
        _assign(values, path, value)
        sources[".".join(path)] = "--set"
    finish(values)
    return check_params(values, sources)


def check_params(
    values: Mapping[str, Any], sources: Mapping[str, str] | None = None
) -> BuildParams:
    """Return the parameters of a complete set of values.

    Raises:
        BadInputError: one line for everything that can't be used.
    """
    given = sources or {}
    try:
        params = BuildParams.model_validate(values)
    except ValidationError as exc:
        lines = _distinct(_line(error, given) for error in exc.errors(include_url=False))
        raise _refusal(lines) from exc
    lines = [f"{path}{_from(path, given)}: {what}" for path, what in cross_check(params)]
    if lines:
        raise _refusal(lines)
    return params


def read_profile(name: str) -> Values:
    """Return the parameters a profile changes. Raises: BadInputError for an unknown one."""
    if name not in PROFILES:
        msg = f"unknown profile {name!r}{suggest(name, PROFILES)}"
        raise BadInputError(msg)
    text = (DATA / "profiles" / f"{name}.yaml").read_text("utf-8")
    return typing.cast("Values", yaml.safe_load(text))


def _read_file(file: Path) -> Values:
    try:
        values = yaml.safe_load(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as exc:
        msg = f"{file} can't be read: {getattr(exc, 'strerror', None) or exc}"
        raise BadInputError(msg) from exc
    except yaml.YAMLError as exc:
        msg = f"{file} is not YAML: {_one_line(exc)}"
        raise BadInputError(msg) from exc
    if not isinstance(values, dict):
        msg = f"{file} has to hold parameters such as `balance: {{harmful: 400}}`"
        raise BadInputError(msg)
    return values


def _parse_set(entry: str) -> tuple[list[str], object]:
    path, separator, text = entry.partition("=")
    parts = path.strip().split(".")
    if not separator or not all(parts):
        msg = f"--set {entry!r}: write it as key=value, e.g. --set balance.harmful=400"
        raise BadInputError(msg)
    try:
        return parts, yaml.safe_load(text)
    except yaml.YAMLError as exc:
        msg = f"--set {path}: the value is not YAML: {_one_line(exc)}"
        raise BadInputError(msg) from exc


def _merge(base: Values, over: Mapping[Any, Any], where: str, sources: Sources) -> None:
    """Lay `over` on `base`; a mapping of the user's own keys is replaced as a whole."""
    for name, value in over.items():
        sources[str(name)] = where
        if isinstance(value, dict) and _is_group(BuildParams, str(name)):
            base[name] = {**base.get(name, {}), **value}
            sources.update({f"{name}.{key}": where for key in value})
        else:
            base[name] = value


def _is_group(model: type[BaseModel], field: str) -> bool:
    return _submodel(model, field) is not None and isinstance(
        model.model_fields[field].default, BaseModel
    )


def _assign(values: Values, path: Sequence[str], value: object) -> None:
    at: Any = values
    for part in path[:-1]:
        at = at.setdefault(part, {})
        if not isinstance(at, dict):
            msg = f"--set {'.'.join(path)}: {part!r} holds no keys of its own; give it whole"
            raise BadInputError(msg)
    at[path[-1]] = value


def _line(error: ErrorDetails, sources: Mapping[str, str]) -> str:
    location = [str(part) for part in error["loc"] if part != "[key]"]
    path = ".".join(location)
    where = f"{path}{_from(path, sources)}: " if path else ""
    if error["type"] == "extra_forbidden":
        known = sorted(_fields_at(error["loc"][:-1]))
        return f"{where}unknown key{suggest(location[-1], known)}"
    given = "" if isinstance(error["input"], dict) else f"{error['input']!r} "
    return f"{where}{given}{_words(error)}"


def _words(error: ErrorDetails) -> str:
    if error["type"] == "literal_error":
        known = re.findall(r"'([^']*)'", error["ctx"]["expected"])
        return f"is not allowed{suggest(str(error['input']), known)}"
    what = error["msg"].removeprefix("Value error, ").replace("Input should be", "has to be")
    for its_words, ours in _WORDS.items():
        what = what.replace(its_words, ours)
    return what


def _fields_at(location: Sequence[int | str]) -> list[str]:
    model: type[BaseModel] = BuildParams
    for part in location:
        if isinstance(part, str):
            model = _submodel(model, part) or model
    return list(model.model_fields)


def _submodel(model: type[BaseModel], field: str) -> type[BaseModel] | None:
    """Return the model of a field or of its entries, if it is one."""
    if field not in model.model_fields:
        return None
    annotation = model.model_fields[field].annotation
    found = [kind for kind in (annotation, *get_args(annotation)) if isinstance(kind, type)]
    return next((kind for kind in found if issubclass(kind, BaseModel)), None)


def _from(path: str, sources: Mapping[str, str]) -> str:
    """Return ` (where it was given)`: the source of the path, of a part, or of what holds it."""
    parts = path.split(".")
    prefixes = [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
    below = [given for given in sources if given.startswith(f"{path}.")]
    where = next((sources[given] for given in [*prefixes, *below] if given in sources), None)
    return f" ({where})" if where else ""


def _refusal(lines: Sequence[str]) -> BadInputError:
    return BadInputError("\n".join(lines))


def _distinct(lines: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(lines))


def _one_line(exc: yaml.YAMLError) -> str:
    return " ".join(str(exc).split())
