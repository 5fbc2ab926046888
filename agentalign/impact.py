"""Lineage read backwards: what was made from a prompt, a model, a tool, a chain or a call."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from agentalign.origins import CHAINS, OF_ANSWERS, OF_REQUESTS, PLANNER, PROMPTS, SIMULATOR
from schemas.catalogue import load_catalogue
from schemas.errors import BadInputError
from schemas.prompts import list_prompts
from schemas.suggestions import suggest
from tasks.formats.quoting import identifier, literal
from tasks.formats.versions import CALLS, Record, Version

KINDS = ("prompt", "model", "tool", "chain", "call")
_NAMED = ("prompt", "model", "tool")  # by a name that one may mistype
# tables from the taxonomy's side on, with what ties a row to what it was made from
_LINKS: Mapping[str, Sequence[str]] = {
    "chains": (),
    "bindings": ("chain IN (FROM hit_chains)",),
    "plans": ("binding IN (FROM hit_bindings)",),
    "instructions": (
        "chain IN (FROM hit_chains)",
        "binding IN (FROM hit_bindings)",
        "id IN (FROM planned) OR binding IN (FROM scripted)",
    ),
    "verdicts": ("subject IN (FROM hit_instructions)",),
    "responses": tuple(
        f"{request} IN (FROM {made})"
        for request in ("instruction", "opening")
        for made in ("hit_instructions", "judged")
    ),
    "examples": ("response IN (FROM hit_responses)",),
    "mutations": ("subject IN (FROM hit_instructions)", "subject IN (FROM hit_responses)"),
    "dropped": (
        "chain IN (FROM hit_chains)",
        "binding IN (FROM hit_bindings)",
        "instruction IN (FROM hit_instructions)",
    ),
}
# further sets that links name, by the table they are taken from
_SETS: Mapping[str, Mapping[str, str]] = {
    "plans": {
        "planned": "SELECT instruction FROM plans WHERE id IN (FROM hit_plans)"
        " AND instruction IS NOT NULL",
        "scripted": "SELECT binding FROM plans WHERE id IN (FROM hit_plans)"
        " AND instruction IS NULL",
    },
    "verdicts": {"judged": "SELECT subject FROM verdicts WHERE id IN (FROM hit_verdicts)"},
}


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked after: a kind, and its name or id."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


@dataclass(frozen=True, slots=True)
class Impact:
    """What a version has that was made from a target: ids by table, sorted."""

    version: str
    ids: Mapping[str, Sequence[str]]

    @property
    def counts(self) -> dict[str, int]:
        """How many rows of each table."""
        return {table: len(ids) for table, ids in self.ids.items()}


def parse_target(text: str) -> Target:
    """Return what `kind:name` asks after. Raises: BadInputError."""
    kind, colon, name = text.partition(":")
    if kind not in KINDS or not name:
        wanted = ", ".join(f"{each}:…" for each in KINDS)
        hint = suggest(kind, KINDS) if colon else ""
        raise BadInputError(f"{text!r} can't be looked up: it has to be one of {wanted}{hint}")
    return Target(kind, name)


def check_known(target: Target, versions: Sequence[Version]) -> None:
    """Check that there is such a name in some version. Raises: BadInputError, with the nearest."""
    if target.kind not in _NAMED:
        return
    known = {name for version in versions for name in _names(target.kind, version)}
    if target.kind == "prompt":
        known |= {*list_prompts()}
    if target.name.partition("@")[0] not in known and target.name not in known:
        hint = suggest(target.name, sorted(known))
        raise BadInputError(f"no {target.kind} {target.name!r} made anything here{hint}")


def _names(kind: str, version: Version) -> set[str]:
    """Return the names a version has of a kind."""
    match kind:
        case "prompt":
            found = version.records(PROMPTS, "name", None, (), order="name")
            return {str(each["name"]) for each in found}
        case "model":
            names = "DISTINCT endpoint, model"
            found = version.records(CALLS, names, None, (), order="endpoint")
            return {str(value) for each in found for value in each.values()}
        case _:
            names = "DISTINCT unnest(json_extract_string(tool_order, '$[*]')) AS name"
            found = version.records("bindings", names, None, (), order="name")
            return {str(each["name"]) for each in found} | load_catalogue().tools.keys()


def find_impact(version: Version, target: Target) -> Impact:
    """Return what a version has that was made from a target.

    A row is in it exactly if the target is in the row's lineage. Raises: WorkspaceError.
    """
    present = [table for table in _LINKS if version.files(table)]
    ids: dict[str, list[str]] = {table: [] for table in present}
    for record in version.query([*present, CALLS], _sql(version, target, present)):
        ids[str(record["made"])].append(str(record["id"]))
    return Impact(version.name, ids)


def _sql(version: Version, target: Target, present: Iterable[str]) -> str:
    parts, found = list[str](), list[str]()
    seeds = _seeds(version, target)
    for table in present:
        conditions = [*seeds.get(table, ()), *_LINKS[table]] or ["false"]
        where = " OR ".join(f"({each})" for each in conditions)
        parts.append(f"hit_{table} AS MATERIALIZED (SELECT id FROM {table} WHERE {where})")
        parts += [f"{name} AS ({query})" for name, query in _SETS.get(table, {}).items()]
        found.append(f"SELECT {literal(table)} AS made, id FROM hit_{table}")
    return f"WITH {', '.join(parts)} {' UNION ALL '.join(found)} ORDER BY made, id"


def _seeds(version: Version, target: Target) -> dict[str, list[str]]:
    """Return, by table, which rows were made from the target at first hand."""
    match target.kind:
        case "prompt":
            return _made_with_prompt(version, target.name)
        case "tool":
            offers = (
                f"list_contains(json_extract_string(tool_order, '$[*]'), {literal(target.name)})"
            )
            return {"bindings": [offers]}
        case "chain":
            return {"chains": [f"id = {literal(target.name)}"]}
        case _:
            return _made_by_calls(target)


def _made_by_calls(target: Target) -> dict[str, list[str]]:
    name = literal(target.name)
    which = f"starts_with(key, {name})" if target.kind == "call" else f"{name} IN (endpoint, model)"
    keys = f"SELECT key FROM {CALLS} WHERE {which}"
    return {
        table: [
            f"""id IN (SELECT id FROM (SELECT id,
                unnest(json_extract_string(calls, '$[*]')) AS key FROM {identifier(table)})
                WHERE key IN ({keys}))"""
        ]
        for table in ("chains", "plans", "instructions", "verdicts", "responses", "mutations",
                      "dropped")
    }  # fmt: skip


def _made_with_prompt(version: Version, asked: str) -> dict[str, list[str]]:
    """Return where a prompt made rows: by its name, or by that of one text, `name@hash`."""
    name, at, _ = asked.partition("@")
    written = f"prompt = {literal(asked)}" if at else f"starts_with(prompt, {literal(name + '@')})"
    seeds: dict[str, list[str]] = {"instructions": [written], "dropped": [written]}
    if at and not _is_recorded(version, asked):
        return seeds
    simulated = "json_extract_string(execution, '$.grounding') = 'simulated'"
    if name == SIMULATOR:
        return seeds | {"plans": [simulated], "responses": [simulated]}
    if name == CHAINS:
        return seeds | {"chains": ["source = 'synthesised'"]}
    if name == PLANNER:
        return seeds | {"plans": ["maker = 'planner'"]}
    return _add_judged(seeds, name)


def _is_recorded(version: Version, ref: str) -> bool:
    return bool(version.records(PROMPTS, "name", "ref", [ref], order="name"))


def _add_judged(seeds: dict[str, list[str]], name: str) -> dict[str, list[str]]:
    """Add what judges said when asked with a prompt, and what was answered with it as a hint."""
    what, _, seat = name.partition("-")
    voted = f"list_contains(json_extract_string(votes, '$[*].seat'), {literal(seat)})"
    hinted = f"list_contains(json_extract_string(hints, '$[*]'), {literal(name)})"
    seeds["responses"] = [hinted]
    if what == OF_REQUESTS:
        seeds["verdicts"] = [voted]
        seeds["mutations"] = [f"kind = 'intent_flipped' AND {voted}"]
        seeds["dropped"] += [f"of_stage <> 'responses' AND {voted}"]
    if what == OF_ANSWERS:
        seeds["responses"] += [voted]
        seeds["mutations"] = [f"kind <> 'intent_flipped' AND {voted}"]
        seeds["dropped"] += [f"of_stage = 'responses' AND {voted}"]
    return seeds


def draw_line(impact: Impact, tables: Iterable[str]) -> list[str]:
    """Return a version's counts as cells, a dash where it has no such table."""
    return [f"{len(impact.ids[table]):,}" if table in impact.ids else "-" for table in tables]


def to_object(impact: Impact) -> Record:
    """Return counts and ids as one object."""
    ids = {table: list(found) for table, found in impact.ids.items()}
    return {"version": impact.version, "counts": impact.counts, "ids": ids}


TABLES = tuple(_LINKS)
