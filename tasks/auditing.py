"""Stage audit: what the selected rows are like as a whole, and whether they may be published."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter

from expectations import load_suite
from schemas.audits import (
    ALL,
    SILENT,
    AgreementAudit,
    BenchmarkFile,
    Caught,
    Feature,
    ShortcutAudit,
)
from schemas.base import JsonValue
from schemas.filters import Filter
from schemas.ids import canonical_json, digest, row_id
from schemas.params import BuildParams
from schemas.rows import Audit, Example, Mutation, Receipt, Response, Verdict, Vote
from schemas.third_party import CATEGORY, LENT, OWN
from tasks.audit.agreement import Poll, audit_agreement
from tasks.audit.diversity import Asked, audit_diversity
from tasks.audit.shortcuts import Sample, audit_shortcuts
from tasks.audit.wilson import wilson
from tasks.context import RunContext
from tasks.doors.cache import Partition, Spec
from tasks.doors.quality import gate_figures
from tasks.funnel import count_filters
from tasks.judging.leaks import holds_personal_data
from tasks.judging.refusal_rules import read_answer
from tasks.panel import hears_all
from tasks.stage import Made, define_stage
from tasks.staging import SELF_HARM

SUITE = "dataset"
PIECE = 1000  # rows that are read whole at a time
UNREADABLE = "judges_unreadable"
GUESS = 0.5
VOTES: TypeAdapter[tuple[Vote, ...]] = TypeAdapter(tuple[Vote, ...])
TWIN_SITUATIONS = frozenset({"plain", "missing_value", "follow_up"})  # offer all of their tools


class AuditSpec(Spec):
    """What a dataset has to be like."""

    stage = "audit"
    version = 2

    suite: str  # digest of the expectations
    seed: int
    seats: tuple[str, ...]
    full_panel_share: float
    benchmarks: tuple[BenchmarkFile, ...]

    def hears_all(self, check: str, subject: str) -> bool:
        """Whether all seats were asked of a subject by lot, not for being undecided."""
        about = f"{subject}/{check}" if check == "surface" else subject
        return hears_all(self.seed, self.full_panel_share, about)


def audit_spec(params: BuildParams, benchmarks: Sequence[BenchmarkFile] = ()) -> AuditSpec:
    """Return the spec of an audit."""
    return AuditSpec(
        retry_epoch=params.epoch_of("audit"),
        suite=digest(load_suite(SUITE).model_dump(mode="json")),
        seed=params.seed,
        seats=params.validation.panel,
        full_panel_share=params.validation.full_panel_share,
        benchmarks=tuple(benchmarks),
    )


def shortcut_samples(examples: Iterable[Example]) -> list[Sample]:
    """Return what may give the class of own rows away, and of others by their source."""
    return [
        Sample(
            label=row.label,
            source=_tools_source(row),
            chain=row.chain,
            tools=_tool_names(row),
            system_prompt=next((m.content for m in row.messages if m.role == "system"), None),
            responder=row.responder,
            request=request_of(row),
            opening=next((m.content or "" for m in row.messages if m.role == "assistant"), ""),
        )
        for row in examples
    ]


def _tools_source(row: Example) -> str:
    """Return whose tools a row offers: ours, lent ones, or those of its own dataset."""
    return LENT if row.tools_of else row.source


def diversity_samples(examples: Iterable[Example]) -> list[Asked]:
    """Return requests of our own, with the tools that are offered beside them."""
    return [
        Asked(
            intent=row.intent,
            chain=row.chain,
            tools=_tool_names(row),
            text=request_of(row),
        )
        for row in examples
        if row.source == OWN
    ]


def _tool_names(row: Example) -> tuple[str, ...]:
    functions: Any = [tool["function"] for tool in row.tools]
    return tuple(function["name"] for function in functions)


def request_of(row: Example) -> str:
    """Return the request that a row is about: the user's first, or the second after an opening."""
    said = [message.content or "" for message in row.messages if message.role == "user"]
    return said[1] if row.opening else said[0]


@dataclass(slots=True)
class Selected:
    """The selected rows without their turns and tools, and what of those an audit looks at."""

    rows: Sequence[Example]
    samples: list[Sample] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    compliant: int = 0  # refusals that rules read as compliance
    personal: int = 0  # third-party rows that hold what looks like personal data

    def take(self, whole: Sequence[Example]) -> None:
        """Take what is looked at from some of the rows as they are."""
        self.samples += shortcut_samples(whole)
        self.asked += diversity_samples(whole)
        self.compliant += sum(map(_reads_as_compliance, whole))
        self.personal += sum(map(_holds_personal_data, whole))


async def _read(balanced: Receipt, context: RunContext) -> Selected:
    """Return the selected rows, with no more of them whole in memory than a piece."""
    blank: dict[str, JsonValue] = {"messages": [], "tools": []}
    selected = Selected(await context.store.rows(Example, [balanced], blank=blank))
    ids = await context.store.ids(Example, [balanced])
    for start in range(0, len(ids), PIECE):
        piece = ids[start : start + PIECE]
        selected.take(await context.store.rows(Example, [balanced], ids=piece))
    return selected


def twin_share(examples: Sequence[Example]) -> float:
    """Return the share of harmful rows with a benign or borderline one on the same tools.

    One that offers tools of another dataset has no such row.
    """
    twins = {
        row.pair for row in examples if row.label == "benign" and row.situation in TWIN_SITUATIONS
    }
    harmful = [row for row in examples if row.label == "harmful"]
    return sum(row.pair in twins and not row.tools_of for row in harmful) / max(1, len(harmful))


def harmful_share_of_foreign_tools(examples: Iterable[Example]) -> float | None:
    """Return how many of the rows that offer foreign tools are refused; None without any."""
    labels = [row.label for row in examples if row.tools_of or row.source != OWN]
    return labels.count("harmful") / len(labels) if labels else None


def parts_of(examples: Iterable[Example]) -> dict[str, dict[str, int]]:
    """Return rows by class, then by situation; borderline ones apart.

    Third-party rows are a class of their own: by what they are, a trajectory or an answer.
    """
    found: dict[str, Counter[str]] = {}
    for row in examples:
        found.setdefault(row.row_class, Counter())[_part_of(row)] += 1
    return {label: dict(sorted(parts.items())) for label, parts in sorted(found.items())}


def _part_of(row: Example) -> str:
    if row.source != OWN:
        return row.kind
    return "borderline" if row.intent == "borderline" else row.situation


def catches(mutations: Iterable[Mutation]) -> dict[str, Caught]:
    """Return by kind how many spoilt copies were caught."""
    planted, caught = Counter[str](), Counter[str]()
    for row in mutations:
        planted[row.kind] += 1
        caught[row.kind] += row.caught
    return {kind: _caught(caught[kind], count) for kind, count in sorted(planted.items())}


def _caught(hits: int, planted: int) -> Caught:
    low, high = wilson(hits, planted)
    return Caught(planted=planted, caught=hits, low=low, high=high)


def make_figures(
    selected: Selected,
    balanced: Receipt,
    filters: Sequence[Filter],
    mutations: Mapping[str, Caught],
    shortcuts: ShortcutAudit,
    agreement: AgreementAudit,
) -> dict[str, float | None]:
    """Return the figures that the suite `dataset` is about, by column; None: not measurable."""
    examples = selected.rows
    classes = Counter(row.row_class for row in examples)
    found: dict[str, float | None] = {
        "rows": float(len(examples)),
        "ratio_benign_to_harmful": classes["benign"] / max(1, classes["harmful"]),
        "twin_share": twin_share(examples),
        "foreign_tools_refused": harmful_share_of_foreign_tools(examples),
        "third_party_personal_data": float(selected.personal),
        "thin_parts": _count(balanced, "thin/"),
        "categories_below_floor": _count(balanced, "below_floor/"),
        "commonest_style_share": _commonest_style(examples),
        "compliant_refusals": float(selected.compliant),
        "near_duplicate_share": _near_duplicates(filters),
        "mutations_caught": _share_caught(mutations),
        "mutations_caught_of_worst_kind": min(
            (each.caught / each.planted for each in mutations.values()), default=None
        ),
    }
    for each in filters:
        if each.name in ("semantic", "responses"):
            found[f"unknown_share_{each.name}"] = _share(each, UNREADABLE)
    for check in ("semantic", "response"):
        by_category = agreement.checks.get(check, {})
        found[f"agreement_{check}"] = by_category[ALL].drawn.observed if by_category else None
    for feature in SILENT:
        found[f"shortcut_{feature}"] = _beyond_chance(shortcuts, feature)
    return found


def _count(balanced: Receipt, prefix: str) -> float:
    return float(sum(name.startswith(prefix) for name in balanced.figures))


def _commonest_style(examples: Iterable[Example]) -> float | None:
    """Return the share of the commonest style of refusals; those of self_harm have one only."""
    styles = Counter(
        row.style for row in examples if row.kind == "refusal" and row.category != SELF_HARM
    )
    return max(styles.values()) / styles.total() if styles else None


def _reads_as_compliance(row: Example) -> bool:
    """Whether rules alone are sure that a refused row's last text gives what was asked for."""
    if row.label != "harmful":
        return False
    reading = read_answer(row.messages[-1].content or "")
    return reading.certain and reading.label in ("complied", "partial")


def _holds_personal_data(row: Example) -> bool:
    """Whether a third-party row holds what looks like personal data; of ours there is a gate."""
    if row.source == OWN:
        return False
    turns = [turn.model_dump(mode="json") for turn in row.messages]
    return holds_personal_data(canonical_json(turns).decode())


def _share(passed: Filter, reason: str) -> float | None:
    total = passed.total()
    return total.dropped.get(reason, 0) / total.rows_in if total.rows_in else None


def _near_duplicates(filters: Sequence[Filter]) -> float | None:
    """Return the share among our own rows: it is about those who write them."""
    found = next((each for each in filters if each.name == "balance"), None)
    if found is None:
        return None
    own = {name: line for name, line in found.passed.items() if name != CATEGORY}
    return _share(found.model_copy(update={"passed": own}), "near_duplicate")


def _share_caught(mutations: Mapping[str, Caught]) -> float | None:
    planted = sum(each.planted for each in mutations.values())
    return sum(each.caught for each in mutations.values()) / planted if planted else None


def _beyond_chance(shortcuts: ShortcutAudit, feature: Feature) -> float | None:
    """Return how well a feature tells the class; what a guess could reach counts as a guess.

    It is measured on our own rows with tools of our own: other rows are of one class, and what
    foreign tools tell is a figure of its own.
    """
    told = shortcuts.features.get(OWN, {}).get(feature)
    if told is None or told.accuracy is None or told.by_chance is None:
        return None
    return told.accuracy if told.accuracy > told.by_chance else GUESS


async def _polls(spec: AuditSpec, upstream: Sequence[Receipt], context: RunContext) -> list[Poll]:
    """Return all votes, of requests and of answers."""
    where = ("category", "outcome", "votes::VARCHAR")
    seen = await context.store.tally(Verdict, upstream, '"check"', "subject", *where)
    answers = await context.store.tally(Response, upstream, "'response'", "instruction", *where)
    return [
        Poll(check, category, outcome, votes, drawn=spec.hears_all(check, subject))
        for check, subject, category, outcome, text in (*seen, *answers)
        if (votes := VOTES.validate_json(text))
    ]


async def _work(
    spec: AuditSpec, upstream: tuple[Receipt, ...], _part: Partition, context: RunContext
) -> Made:
    balanced = next(receipt for receipt in upstream if receipt.stage == "balance")
    selected = await _read(balanced, context)
    examples = selected.rows
    filters = await count_filters(context.store, upstream, balanced, examples)
    mutations = catches(await context.store.rows(Mutation, upstream))
    agreement = audit_agreement(await _polls(spec, upstream, context), spec.seats)
    shortcuts = await asyncio.to_thread(audit_shortcuts, selected.samples)
    diversity = await asyncio.to_thread(audit_diversity, selected.asked)
    figures = make_figures(selected, balanced, filters, mutations, shortcuts, agreement)
    found = await asyncio.to_thread(gate_figures, SUITE, figures)
    audit = Audit(
        id=row_id("audit", balanced.digest, figures),
        slot="dataset",
        figures=figures,
        warnings=tuple(f"{each.expectation} ({each.detail})" for each in found.warnings),
        filters=filters,
        parts=parts_of(examples),
        styles=dict(sorted(Counter(r.style for r in examples if r.kind == "refusal").items())),
        mutations=mutations,
        shortcuts=shortcuts,
        diversity=diversity,
        agreement=agreement,
        benchmarks=spec.benchmarks,
    )
    red = [f"dataset: {each.expectation} ({each.detail})" for each in found.failed]
    return Made(rows_in=len(examples), wanted=1, rows=[audit], red=red)


make_audit = define_stage(AuditSpec, Audit.table, _work)
