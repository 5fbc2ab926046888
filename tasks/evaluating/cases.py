"""Which rows of a version a model is asked, and all that a row is asked with."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas.errors import BadInputError
from schemas.ids import rank
from schemas.rows import Binding, Example, Instruction, Verdict
from tasks.formats.versions import Record, Version
from tasks.staging import Job

OWN = "own"
_NAMES = ("id", "split", "source", "instruction", "opening", "binding", "chain")


@dataclass(frozen=True, slots=True)
class Case:
    """A row as it is put to a model; `unseen` says that it needs a tool no training row needs."""

    row: str  # id of the example
    job: Job
    unseen: bool

    @property
    def place(self) -> str:
        """What kind of conversation it is: intent and situation."""
        return f"{self.job.request.intent}/{self.job.request.situation}"


@dataclass(frozen=True, slots=True)
class Drawn:
    """The rows that are asked, by id, and how many are not, by the reason."""

    cases: tuple[Case, ...]
    left_out: Mapping[str, int]


def draw_cases(version: Version, splits: Sequence[str], most: int | None, seed: int) -> Drawn:
    """Return the rows of some splits; of more than `most` those of the lowest hash rank.

    Rows of other datasets have no world, nor has one that offers another row's tools: they are
    left out.

    Raises:
        BadInputError: no row is left.
        WorkspaceError: a table is damaged.
    """
    left_out: Counter[str] = Counter()
    own = []
    for record in _records(version, splits):
        reason = _reason(record)
        left_out.update([reason] if reason else [])
        own += [] if reason else [record]
    own.sort(key=lambda record: (rank(seed, "evaluate", record["id"]), record["id"]))
    if most is not None and len(own) > most:
        left_out["beyond_the_cap"] = len(own) - most
        own = own[:most]
    if not own:
        held = ", ".join(f"{name} {count:,}" for name, count in version.manifest.splits.items())
        msg = f"{version.name} has no row of its own in {', '.join(splits)}; it holds: {held}"
        raise BadInputError(msg)
    cases = _cases(version, sorted(own, key=lambda record: str(record["id"])))
    return Drawn(tuple(cases), dict(sorted(left_out.items())))


def _records(version: Version, splits: Sequence[str]) -> list[Record]:
    known = version.columns(Example.table)
    names = [name for name in (*_NAMES, "tools_of") if name in known]
    return version.pick(Example.table, names, "split", splits, order="id")


def _reason(record: Record) -> str:
    if record["source"] != OWN:
        return "third_party"
    return "tools_of_another_row" if record.get("tools_of") else ""


def _cases(version: Version, records: Sequence[Record]) -> list[Case]:
    wanted = {str(r[name]) for r in records for name in ("instruction", "opening") if r[name]}
    requests = {row.id: row for row in version.rows(Instruction, "id", sorted(wanted))}
    harm = {
        verdict.subject: verdict.label
        for verdict in version.rows(Verdict, "subject", sorted(wanted))
        if verdict.check == "semantic"
    }
    bindings = {row.id: row for row in version.rows(Binding)}
    seen = _trained(version, bindings)
    return [
        Case(str(record["id"]), job, unseen=bool(_needed(job.binding) - seen))
        for record in records
        for job in [_job(record, requests, bindings, harm)]
    ]


def _job(
    record: Record,
    requests: Mapping[str, Instruction],
    bindings: Mapping[str, Binding],
    harm: Mapping[str, str],
) -> Job:
    request = requests[str(record["instruction"])]
    opening = requests.get(str(record["opening"]))
    return Job(request, bindings[request.binding], harm.get(request.id, ""), opening)


def _trained(version: Version, bindings: Mapping[str, Binding]) -> frozenset[str]:
    """Return the tools that the tasks of training rows need."""
    records = version.pick(Example.table, ("id", "binding"), "split", ["train"], order="id")
    used = {str(record["binding"]) for record in records} & bindings.keys()
    return frozenset[str]().union(*(_needed(bindings[each]) for each in used))


def _needed(binding: Binding) -> frozenset[str]:
    return frozenset(step.tool for step in binding.steps)
