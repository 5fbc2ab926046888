"""Runs AgentHarm as `inspect-evals` has it, and makes transcripts of its logs."""

import ast
import math
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from inspect_ai import Task
from inspect_ai import eval as run_tasks
from inspect_ai.event import ModelEvent
from inspect_ai.log import EvalLog, EvalSample, resolve_sample_attachments
from inspect_ai.model import ChatMessage, GenerateConfig, Model, get_model
from inspect_evals.agentharm import agentharm, agentharm_benign
from inspect_evals.agentharm.scorer import DEFAULT_REFUSAL_PROMPT

from schemas.benchmark_runs import Fault, Side
from tasks.doors.inspecting.exchange import (
    TRANSCRIPTS,
    Asked,
    Order,
    Ran,
    Reached,
    Told,
    Transcript,
    Turn,
)

SCORER = "combined_scorer"
_SERVICE = "openai-api/agentalign"
_RETRIES = 3  # the same as the package has for the model itself; its judges would try for ever
_REFUSAL_QUESTION = DEFAULT_REFUSAL_PROMPT.partition("{generation}")[0]
_BREAKDOWN = re.compile(r"\AGrading breakdown: (\{.*?\}), Refusal explanation:", re.DOTALL)
_FAILED = "Error in RefusalJudgeLLM:"


def run(order: Order, folder: Path) -> Told:
    """Run what is ordered; leave the transcripts in the folder, and return what else is told."""
    random.seed(0)  # the package shuffles the tools of each behaviour
    ran = []
    with (folder / TRANSCRIPTS).open("w", encoding="utf-8") as file:
        for side in order.sides:
            log = _evaluate(order, side, folder / "logs")
            for sample in log.samples or ():
                whole = resolve_sample_attachments(sample)  # long texts are kept apart
                file.write(_transcript(side, whole).model_dump_json() + "\n")
            ran.append(_ran(side, log))
    packages = {name: metadata.version(name) for name in ("inspect-ai", "inspect-evals")}
    return Told(packages=packages, ran=tuple(ran))


def _evaluate(order: Order, side: Side, logs: Path) -> EvalLog:
    model = _model(order.model, GenerateConfig())
    return run_tasks(
        _task(order, side),
        model=model,
        display="none",
        log_dir=str(logs),
        log_level="critical",
        log_realtime=False,
        score_display=False,
        ctl_server=False,
        fail_on_error=False,  # a sample that can't be run is counted, the others go on
        max_connections=order.model.in_flight,
        max_samples=order.model.in_flight,
        timeout=math.ceil(order.model.timeout_s * (_RETRIES + 1)),
        attempt_timeout=math.ceil(order.model.timeout_s),
    )[0]


def _task(order: Order, side: Side) -> Task:
    make = agentharm if side == "harmful" else agentharm_benign
    return make(
        split=order.split,
        behavior_ids=list(order.behaviours),
        agent_kwargs={"prompt_technique": order.technique},
        refusal_judge=_judge(order.refusal_judge),
        semantic_judge=_judge(order.semantic_judge),
    )


def _judge(reached: Reached) -> Model:
    limits = GenerateConfig(
        max_retries=_RETRIES,
        timeout=math.ceil(reached.timeout_s * (_RETRIES + 1)),
        attempt_timeout=math.ceil(reached.timeout_s),
        max_connections=reached.in_flight,
    )
    return _model(reached, limits)


def _model(reached: Reached, config: GenerateConfig) -> Model:
    return get_model(
        f"{_SERVICE}/{reached.model}",
        base_url=reached.base_url,
        api_key=reached.api_key or "none",
        config=config,
        memoize=False,
    )


def _ran(side: Side, log: EvalLog) -> Ran:
    """Return the package's own figures; one that is not a number is None."""
    found: dict[str, float | None] = {}
    for score in log.results.scores if log.results else ():
        for name, metric in score.metrics.items():
            found[name] = _number(metric.value)
    version = (log.eval.metadata or {}).get("full_task_version", log.eval.task_version)
    return Ran(side=side, status=log.status, task_version=str(version), metrics=found)


def _number(value: object) -> float | None:
    if not isinstance(value, int | float) or math.isnan(value):
        return None
    return float(value)


def _transcript(side: Side, sample: EvalSample) -> Transcript:
    given: Mapping[str, Any] = sample.metadata
    score = (sample.scores or {}).get(SCORER)
    value = score.value if score and isinstance(score.value, dict) else {}
    refused = value.get("refusal")
    usage = [event.output.usage for event in _answers(sample)]
    return Transcript(
        side=side,
        id=str(sample.id),
        category=given["category"],
        detailed=bool(given["detailed_prompt"]),
        hint=bool(given["hint_included"]),
        prompt=given["prompt"],
        targets=tuple(given["target_functions"]),
        turns=tuple(_turns(sample.messages)),
        error=_class_of(sample) if sample.error else "",
        place=_place_of(sample),
        cut=sample.limit is not None,
        score=_number(value.get("score")),
        refused=None if refused is None else bool(refused),
        criteria=_criteria(score.explanation or "" if score else ""),
        refusal_readings=tuple(_refusal_readings(sample)),
        semantic_readings=tuple(_semantic_readings(sample)),
        prompt_tokens=_sum([u.input_tokens + (u.input_tokens_cache_read or 0) if u else None
                            for u in usage]),
        completion_tokens=_sum([u.output_tokens if u else None for u in usage]),
    )  # fmt: skip


def _sum(counts: Sequence[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def _turns(messages: Sequence[ChatMessage]) -> Iterator[Turn]:
    for message in messages:
        if message.role == "assistant":
            calls = tuple((call.id, call.function) for call in message.tool_calls or ())
            yield Turn(role="assistant", text=message.text, calls=calls)
        elif message.role == "tool":
            failed = message.error is not None
            yield Turn(role="tool", call=message.tool_call_id or "", failed=failed)


def _answers(sample: EvalSample) -> list[ModelEvent]:
    """Return what was asked of the model itself: its conversations begin with a system message."""
    return [event for event in _asked(sample) if event.input and event.input[0].role == "system"]


def _asked(sample: EvalSample) -> list[ModelEvent]:
    return [event for event in sample.events if isinstance(event, ModelEvent)]


def _judged(sample: EvalSample, *, refusal: bool) -> list[ModelEvent]:
    return [
        event
        for event in _asked(sample)
        if event.input and event.input[0].role == "user"
        and event.input[0].text.startswith(_REFUSAL_QUESTION) == refusal
    ]  # fmt: skip


def _said(event: ModelEvent) -> str | None:
    return None if event.error else event.output.completion


def _refusal_readings(sample: EvalSample) -> Iterator[Asked]:
    """Yield what the refusal judge said of each text, with what the package took it for."""
    noted = sample.metadata.get("refusal_explanations") or ()
    asked = _judged(sample, refusal=True)
    for number, note in enumerate(noted):
        told = _said(asked[number]) if len(asked) == len(noted) else _noted(note)
        yield Asked(said=told, counted=bool(note["refusal"]))


def _noted(note: Mapping[str, Any]) -> str | None:
    """Return what a judge must have said, where only the package's note of it is left."""
    why = str(note["explanation"])
    if why.startswith(_FAILED):
        return "" if "index out of range" in why else None  # no marker, or no answer
    return f"{why}Answer: {'Yes' if note['refusal'] else 'No'}"


def _semantic_readings(sample: EvalSample) -> Iterator[Asked]:
    for event in _judged(sample, refusal=False):
        said = _said(event)
        yield Asked(said=said, counted=(said or "").strip().lower() == "pass")


def _criteria(explanation: str) -> tuple[float, ...]:
    """Return what each criterion was given; none where the note can't be read."""
    found = _BREAKDOWN.match(explanation)
    try:
        given = ast.literal_eval(found[1]) if found else {}
        return tuple(float(value) for value in given.values())
    except (ValueError, SyntaxError, TypeError):
        return ()


def _class_of(sample: EvalSample) -> str:
    """Return the class of a sample's error, from the last line of its traceback."""
    last = (sample.error.traceback if sample.error else "").strip().rpartition("\n")[2]
    return re.split(r"[:(\s]", last, maxsplit=1)[0].rpartition(".")[2] or "Error"


def _place_of(sample: EvalSample) -> Fault:
    trace = sample.error.traceback if sample.error else ""
    if not trace:
        return "other"
    if "semantic_judge" in trace or "check_refusal" in trace:
        return "judge"
    return "endpoint" if "openai" in trace else "other"
