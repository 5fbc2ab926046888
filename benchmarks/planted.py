"""What became of planted faults, counted from a store's rows and calls, never by its filters.

An item is one thing that a filter decides on. A fault is caught if its item was not released,
or was mended on the way; a sound item has no fault in any of its calls.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import get_args

import orjson

from schemas.params import DefectKind

MARK = "rehearsal:defect="
ASKED_FOR: frozenset[DefectKind] = frozenset(
    {"flipped_intent", "ambiguous_intent", "missing_parameter"}
)
TRANSIENT = frozenset({"rate_limited", "server_error", "timeout", "connection"})
KINDS: tuple[DefectKind, ...] = get_args(DefectKind)
SHORTEST = 20  # characters of a request that is kept


@dataclass(frozen=True, slots=True)
class Call:
    """A model call as the store has it; `marks` are its faults, as they were planted."""

    key: str
    stage: str
    role: str
    attempts: int
    marks: tuple[str, ...] = ()
    texts: tuple[tuple[str, str], ...] = ()  # of a writer of requests: what it wrote, in order

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of its faults."""
        return frozenset(mark.partition("@")[0] for mark in self.marks)

    def planted_in(self, text: tuple[str, str]) -> frozenset[str]:
        """Return the faults that lie in one of its texts."""
        ends = {f"@{place}" for place, each in enumerate(self.texts) if each == text}
        return frozenset(m.partition("@")[0] for m in self.marks for end in ends if m.endswith(end))


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the store has it; the last of its calls is the one it comes from."""

    id: str
    slot: str
    intent: str
    situation: str
    text: tuple[str, str]
    calls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check decided on a request; `asked` are the calls of its judges that were read."""

    subject: str
    check: str
    accepted: bool
    calls: tuple[str, ...] = ()
    read: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, and the request, or two, that it answers."""

    request: str
    opening: str
    accepted: bool
    reason: str
    calls: tuple[str, ...]
    read: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """An item that could not be made."""

    stage: str
    item: str
    error: str
    attempts: int
    calls: tuple[str, ...]


@dataclass(frozen=True)
class Made:
    """All that a build made."""

    calls: dict[str, Call]
    requests: dict[str, Request]
    verdicts: tuple[Verdict, ...]
    answers: tuple[Answer, ...]
    failures: tuple[Failure, ...] = ()
    errors: tuple[str, ...] = ()  # of judges that gave no answer
    most: dict[str, int] = field(default_factory=dict)  # requests of a binding, by intent

    @cached_property
    def verdicts_on(self) -> dict[str, list[Verdict]]:
        """The verdicts on each request."""
        found: dict[str, list[Verdict]] = {}
        for verdict in self.verdicts:
            found.setdefault(verdict.subject, []).append(verdict)
        return found

    def kinds_in(self, keys: Iterable[str]) -> frozenset[str]:
        """Return the faults that lie in whole calls, and not in one of several texts."""
        found = (self.calls[key] for key in keys if key in self.calls)
        return frozenset(mark for call in found for mark in call.marks if "@" not in mark)

    def of_request(self, request: Request) -> frozenset[str]:
        """Return the faults in a request and in the calls that led to it."""
        last = self.calls.get(request.calls[-1]) if request.calls else None
        own = last.planted_in(request.text) if last else frozenset()
        return own | self.kinds_in(request.calls)


@dataclass(frozen=True, slots=True)
class Item:
    """What was planted in an item, whether it went through as it was, and was turned down.

    One that is not `sound` has a fault somewhere, or is dropped by design.
    """

    planted: frozenset[str]
    sound: bool
    let_through: bool
    turned_down: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """Planted faults of a kind and how many were caught, sound items and how many were dropped."""

    planted: int
    caught: int
    sound: int
    dropped: int

    @property
    def holds(self) -> bool:
        """Whether 99 of 100 faults are caught, and one of 100 sound items is dropped at most."""
        return 100 * self.caught >= 99 * self.planted and 100 * self.dropped <= self.sound


def tally(kind: str, items: Iterable[Item]) -> Tally:
    """Return what became of a kind of fault."""
    found = list(items)
    planted = [item for item in found if kind in item.planted]
    sound = [item for item in found if item.sound]
    return Tally(
        planted=len(planted),
        caught=sum(not item.let_through for item in planted),
        sound=len(sound),
        dropped=sum(item.turned_down for item in sound),
    )


def requests(made: Made, checks: Collection[str]) -> Iterator[Item]:
    """Yield the requests, turned down by one of the checks."""
    released = {r for answer in made.answers if answer.accepted
                for r in (answer.request, answer.opening)}  # fmt: skip
    for request in made.requests.values():
        own = made.verdicts_on.get(request.id, [])
        faults = made.of_request(request)
        judged = made.kinds_in(key for verdict in own for key in verdict.calls)
        yield Item(
            planted=faults & ASKED_FOR,
            sound=not faults and not judged,
            let_through=request.id in released,
            turned_down=any(v.check in checks and not v.accepted for v in own),
        )


def conversations(made: Made, *, harmful: bool) -> Iterator[Item]:
    """Yield the answers to harmful requests, or those to others.

    Where a panel and a responder differ about a borderline request it leaves the dataset by
    design: that is no sound row dropped. An endless loop is one from its second turn on.
    """
    for answer in made.answers:
        request = made.requests[answer.request]
        before = [made.requests[i] for i in (answer.request, answer.opening) if i]
        faults = made.kinds_in(answer.calls)
        loops = sum("endless_loop" in made.kinds_in([key]) for key in answer.calls) > 1
        upstream = frozenset[str]().union(*(made.of_request(each) for each in before))
        verdicts = (v for each in before for v in made.verdicts_on.get(each.id, ()))
        judged = made.kinds_in(key for verdict in verdicts for key in verdict.calls)
        by_design = answer.reason == "borderline_disagreement"
        concerned = (request.intent == "harmful") == harmful
        yield Item(
            planted=faults if loops else faults - {"endless_loop"},
            sound=concerned and not by_design and not (faults | upstream | judged),
            let_through=answer.accepted,
            turned_down=not answer.accepted,
        )
    for failure in made.failures:
        if failure.stage == "responses" and failure.item in made.requests:
            concerned = (made.requests[failure.item].intent == "harmful") == harmful
            faults = made.kinds_in(failure.calls)
            yield Item(faults, concerned and not faults, let_through=False, turned_down=True)


def structured(made: Made) -> Iterator[Item]:
    """Yield the calls whose answer has a shape: of writers of requests and of judges.

    One went through if a row rests on its answer; a clean one that none rests on was turned down.
    """
    read = {request.calls[-1] for request in made.requests.values() if request.calls}
    read |= {key for verdict in made.verdicts for key in verdict.read}
    read |= {key for answer in made.answers for key in answer.read}
    for call in made.calls.values():
        if call.role == "judge" or (call.role, call.stage) == ("generator", "instructions"):
            used = call.key in read
            yield Item(call.kinds, not call.marks, used, not used)


def batches(made: Made) -> Iterator[Item]:
    """Yield the answers that requests came from.

    One with too many went through if a row holds what was not asked for; one with too few, if a
    row stands in for what is missing. Of a sound one every text becomes a row.
    """
    rows: dict[str, list[Request]] = {}
    for request in made.requests.values():
        rows.setdefault(request.calls[-1], []).append(request)
    slots = Counter(request.slot for request in made.requests.values())
    for key, own in rows.items():
        call, texts = made.calls[key], {request.text for request in own}
        surplus = [r for r in own if slots[r.slot] > 1 or _is_beyond(r, made.most)]
        foreign = texts - {*call.texts}
        missing = {text for text in call.texts if len(text[0]) >= SHORTEST} - texts
        yield Item(
            planted=call.kinds & {"wrong_count"},
            sound=not call.marks,
            let_through=bool(surplus or foreign),
            turned_down=bool(missing),
        )


def transports(made: Made, kind: str) -> Iterator[Item]:
    """Yield the calls of a build in which one fault of transport alone was planted.

    One that took several attempts met it; what gave no answer in the end was let through.
    """
    for call in made.calls.values():
        met = call.attempts > 1
        yield Item(frozenset({kind} if met else ()), not met, let_through=False, turned_down=False)
    lost = [failure.error for failure in made.failures] + [*made.errors]
    for error in lost:
        if error in TRANSIENT:
            yield Item(frozenset({kind}), sound=False, let_through=True, turned_down=True)


def items_of(kind: DefectKind, made: Made) -> Iterator[Item]:
    """Yield the items that a kind of fault can lie in."""
    match kind:
        case "bad_json":
            return structured(made)
        case "wrong_count":
            return batches(made)
        case "flipped_intent" | "ambiguous_intent":
            return requests(made, ("semantic", "surface"))
        case "missing_parameter":
            return requests(made, ("execution",))
        case "http_429" | "http_500" | "timeout":
            return transports(made, kind)
        case _:
            return conversations(made, harmful=kind == "false_compliance")


def marks_of(fingerprint: str) -> tuple[str, ...]:
    """Return the faults that a call's fingerprint names."""
    return tuple(fingerprint.removeprefix(MARK).split(",")) if fingerprint.startswith(MARK) else ()


def texts_of(answer: str) -> tuple[tuple[str, str], ...]:
    """Return the requests in an answer, each with what comes later; none if it is broken."""
    try:
        told = orjson.loads(answer)
    except orjson.JSONDecodeError:
        return ()
    pairs = [(pair["request"], pair["later"]) for pair in told.get("pairs", ())]
    whole = [(text, "") for text in told.get("requests", ())]
    return tuple((text.strip(), later.strip()) for text, later in (*pairs, *whole))


def _is_beyond(request: Request, most: dict[str, int]) -> bool:
    """Whether a request is one more than a binding has of its intent."""
    number = request.slot.rpartition("/")[2]
    return request.situation != "opening" and int(number) >= most.get(request.intent, 1)
