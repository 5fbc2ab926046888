"""What requests are written from: which go together, and the facts their writer is given."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from schemas.actions import Catalogue
from schemas.answers import RequestPairs, Requests
from schemas.base import JsonObject
from schemas.dataflow import Input
from schemas.rows import Binding, Intent, Situation, StepGoal
from tasks.situations import IN_PLAIN_WORDS, OPENINGS, Sample, withheld
from tasks.specs import policy_facts

INTENTS: tuple[Intent, ...] = ("harmful", "benign", "borderline")
OWN_PROMPTS: Mapping[Situation, str] = {
    "revealed": "request-revealed",
    "missing_value": "request-missing-value",
    "no_tool": "request-no-tool",
}


def prompt_of(intent: Intent) -> str:
    """Return the name of the prompt that plain requests of an intent are written by."""
    return f"request-{intent}"


PROMPTS = (*map(prompt_of, INTENTS), *OWN_PROMPTS.values())


_IN_TWO_PARTS = (OWN_PROMPTS["revealed"], OWN_PROMPTS["missing_value"])


@dataclass(frozen=True, slots=True)
class Batch:
    """Requests that are written at once: by one prompt, for samples of one binding."""

    binding: Binding
    samples: tuple[Sample, ...]
    prompt: str
    index: int = 0  # another sample of the same prompt, where it is not the first

    @property
    def shape(self) -> type[Requests] | type[RequestPairs]:
        """What its writer answers with."""
        return RequestPairs if self.prompt in _IN_TWO_PARTS else Requests

    @property
    def alone(self) -> bool:
        """Whether it is no part of the binding's plain requests."""
        return self.prompt in OWN_PROMPTS.values() or self.index > 0


def batches(binding: Binding, samples: Sequence[Sample]) -> Iterator[Batch]:
    """Yield what is to be written for a binding.

    First what it asks for in plain words, intent by intent, then what has a prompt of its own,
    then the requests that come before others.
    """
    for intent in INTENTS:
        plain = tuple(s for s in samples if s.intent == intent and s.situation in IN_PLAIN_WORDS)
        if plain:
            yield Batch(binding, plain, prompt_of(intent))
    for sample in samples:
        if sample.situation in OWN_PROMPTS:
            yield Batch(binding, (sample,), OWN_PROMPTS[sample.situation], sample.number)
    for sample in samples:
        if sample.situation in OPENINGS:
            intent = OPENINGS[sample.situation]
            opening = Sample(intent, sample.number, "opening")
            yield Batch(binding, (opening,), prompt_of(intent), 1 + sample.number)


def batch_facts(batch: Batch, catalogue: Catalogue) -> JsonObject:
    """Return what a batch's writer is told of the harm, the steps and what to leave out."""
    binding, first = batch.binding, batch.samples[0]
    facts: JsonObject = {
        "intent": first.intent,
        "category": binding.category,
        **policy_facts(binding.subcategory),
    }
    steps = step_facts(binding.steps, catalogue)
    match first.situation:
        case "no_tool":
            facts |= {"situation": "no_tool", "steps": [{"does": each["does"]} for each in steps]}
        case "missing_value":
            facts |= {"situation": "missing_value", **_without(steps, binding, first.gap)}
        case "revealed":
            facts |= {"situation": "revealed", "steps": [*steps]}
        case _:
            facts |= {"steps": [*steps]}
    return facts | {"count": len(batch.samples)}


def _without(steps: list[JsonObject], binding: Binding, gap: str) -> JsonObject:
    """Return the steps as facts without one value, and that value."""
    number, _, need = gap.partition(".")
    at = int(number)
    values = {name: value for name, value in binding.steps[at].values.items() if name != need}
    kept = [*steps[:at], {**steps[at], "values": values}, *steps[at + 1 :]]
    return {
        "steps": [*kept],
        "withheld": {"step": at, "need": need, "value": withheld(binding, gap)},
    }


def step_facts(steps: Sequence[StepGoal], catalogue: Catalogue) -> list[JsonObject]:
    """Return the steps as a request's writer sees them: what to state, what to take over."""
    return [
        {
            "capability": step.capability,
            "does": catalogue.capabilities[step.capability].description,
            "values": step.values,
            "uses": {need: _origin(source) for need, source in step.inputs.items()},
        }
        for step in steps
    ]


def _origin(source: Input) -> str:
    return f"step {source.step + 1}'s {source.yields}"
