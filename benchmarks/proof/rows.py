"""Chooses what an arm trains on and what is asked: plain conversations, always the same ones."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from schemas.base import JsonObject
from schemas.errors import BadInputError
from schemas.ids import rank
from schemas.messages import Message
from schemas.rows import Example, Intent
from tasks.formats.exporting.lengths import Ruler
from tasks.formats.exporting.manifest import ExportManifest
from tasks.formats.exporting.options import ExportOptions
from tasks.formats.exporting.trl import write_turn

INTENTS: tuple[Intent, ...] = ("harmful", "benign", "borderline")
OWN, PLAIN = "own", "plain"
Lines = list[JsonObject]


@dataclass(frozen=True, slots=True)
class Arm:
    """A ratio and how many rows of each class it comes to."""

    benign_per_harmful: int
    harmful: int
    benign: int

    @property
    def name(self) -> str:
        """What people call it."""
        return f"1:{self.benign_per_harmful}"

    @property
    def folder(self) -> str:
        """What its files are called."""
        return f"1-{self.benign_per_harmful}"


@dataclass(frozen=True, slots=True)
class Prompt:
    """A held-out request as it is put to a model, and the tools that its own row calls first."""

    row: str
    chain: str
    category: str
    intent: Intent
    messages: Sequence[JsonObject]
    tools: Sequence[JsonObject]
    called: frozenset[str]

    def as_line(self) -> JsonObject:
        """Return it as the trainer's side reads it."""
        return {
            "id": self.row, "chain": self.chain, "category": self.category,
            "intent": self.intent, "messages": [*self.messages], "tools": [*self.tools],
            "called": [*sorted(self.called)],
        }  # fmt: skip


def arm_of(rows: int, benign_per_harmful: int) -> Arm:
    """Return how many rows of each class a ratio comes to; at least one is harmful."""
    harmful = max(1, round(rows / (1 + benign_per_harmful)))
    return Arm(benign_per_harmful, harmful, rows - harmful)


def choose_rows(exported: Path, manifest: ExportManifest, rows: Iterable[Example]) -> "Pools":
    """Return the records of an export's training split that an arm may take, by class.

    Raises:
        BadInputError: the export has no training split.
    """
    if "train" not in manifest.splits:
        raise BadInputError(f"{manifest.version}: no training row fits")
    lines = (exported / manifest.splits["train"]).read_bytes().splitlines()
    records = {record["id"]: record for record in map(orjson.loads, lines)}
    pools: dict[str, Lines] = {"harmful": [], "benign": []}
    for row in rows:
        if row.id in records and row.situation == PLAIN and row.intent in pools:
            pools[row.intent].append(records[row.id])
    return Pools(pools)


@dataclass(frozen=True, slots=True)
class Pools:
    """Records by class, to draw arms from."""

    by_class: Mapping[str, Lines]

    def draw(self, arm: Arm, seed: int) -> Lines:
        """Return an arm's records, mixed; a larger share takes those of a smaller one as well.

        Raises:
            BadInputError: there are too few.
        """
        drawn = [
            *self._first("harmful", arm.harmful, seed),
            *self._first("benign", arm.benign, seed),
        ]
        return sorted(drawn, key=lambda record: rank(seed, "order", record["id"]))

    def _first(self, name: str, count: int, seed: int) -> Lines:
        pool = self.by_class[name]
        if len(pool) < count:
            msg = (
                f"{count} {name} rows are wanted and {len(pool)} fit: lower `rows`, raise"
                " `max_tokens`, or take a larger version"
            )
            raise BadInputError(msg)
        return sorted(pool, key=lambda record: rank(seed, "proof", record["id"]))[:count]


def choose_prompts(
    rows: Iterable[Example], ruler: Ruler, *, each: int, max_tokens: int, seed: int
) -> list[Prompt]:
    """Return requests of every intent, each of another chain, by intent and hash.

    `rows` are those of splits that nothing was trained on.

    Raises:
        BadInputError: an intent has none that fits.
    """
    held_out = sorted(rows, key=lambda row: rank(seed, "held out", row.id))
    found = []
    for intent in INTENTS:
        fitting = _of_intent(held_out, intent, ruler, max_tokens)
        chosen = [prompt for prompt, _ in zip(fitting, range(each), strict=False)]
        if not chosen:
            raise BadInputError(f"no held-out {intent} request fits {max_tokens} tokens")
        found += chosen
    return found


def _of_intent(
    rows: Sequence[Example], intent: Intent, ruler: Ruler, max_tokens: int
) -> Iterator[Prompt]:
    seen: set[str] = set()
    for row in rows:
        if row.source != OWN or row.situation != PLAIN or row.intent != intent or row.chain in seen:
            continue
        asked = row.model_copy(update={"messages": before_answer(row)})
        if (ruler.measure(asked, ExportOptions()) or max_tokens + 1) <= max_tokens:
            seen.add(row.chain)
            yield prompt_of(row)


def before_answer(row: Example) -> tuple[Message, ...]:
    """Return the turns before the first answer."""
    start = next(n for n, turn in enumerate(row.messages) if turn.role == "assistant")
    return row.messages[:start]


def prompt_of(row: Example) -> Prompt:
    """Return a row's request with its system prompt and all tools it is offered."""
    asked = before_answer(row)
    return Prompt(
        row=row.id,
        chain=row.chain,
        category=row.category,
        intent=row.intent,
        messages=[write_turn(turn, "strip") for turn in asked],
        tools=row.tools,
        called=frozenset(call.name for call in row.messages[len(asked)].tool_calls),
    )
