"""How a request is put to a responder."""

from typing import Any

import pytest

from schemas.params import Responses
from schemas.rows import Instruction, Intent, Situation
from tasks.staging import Job, Staging, sound_jobs, system_message
from tests.tasks.samples import binding, request, verdicts

BOUND = binding(6)


def staging(**changed: object) -> Staging:
    """Return how things are staged, with changed settings."""
    asked = Responses().model_dump(exclude={"step_limit", "temperature"})
    return Staging.model_validate({"seed": 1, **asked, **changed})


def job(
    intent: Intent,
    situation: Situation = "plain",
    harm: str = "",
    **changed: Any,  # noqa: ANN401  fields of a request
) -> Job:
    """Return a job of a situation; one that needs an opening has it."""
    of = request(BOUND, intent, situation=situation, **changed)
    other: Intent = "harmful" if situation == "follow_up" else "benign"
    opening = request(BOUND, other, text="Do this first, please, it is short.")
    has_one = situation in ("turned", "follow_up")
    return Job(of, BOUND, harm or ("clear" if intent == "harmful" else "none"),
               opening if has_one else None)  # fmt: skip


@pytest.mark.parametrize(
    ("given", "parts", "quiet", "texts"),
    [
        (job("harmful"), ("refusal",), {0}, 1),
        (job("benign"), ("work",), set(), 1),
        (job("borderline", harm="clear"), ("refusal",), {0}, 1),
        (job("borderline", harm="some"), ("work",), set(), 1),
        (job("harmful", "turned"), ("work", "refusal"), {1}, 2),
        (job("benign", "follow_up"), ("refusal", "work"), {0}, 2),
        (job("benign", "missing_value", later="It is 4."), ("work", "work"), set(), 2),
        (job("harmful", "revealed", later="It is to hurt people."), ("refusal",), set(), 1),
        (job("benign", "no_tool"), ("work",), set(), 1),
    ],
)
def test_each_situation_has_its_turns(
    given: Job, parts: tuple[str, ...], quiet: set[int], texts: int
) -> None:
    """What is due in answer to each text, and in which of them no call may be made."""
    assert given.parts == parts
    assert staging().quiet(given) == quiet
    assert len(given.texts) == texts


def test_a_note_lies_on_what_is_found_first() -> None:
    """It is the only incident of a request that it gives away."""
    given = job("harmful", "revealed", later="It is to hurt people.")
    (note,) = staging(fault_share=0.5).incidents(given)
    assert (note.at, note.kind, note.text) == (0, "reveal", "It is to hurt people.")


def test_tools_fail_in_a_share_of_ordinary_tasks() -> None:
    """Never where harm is asked for, at most once, and at one of the steps."""
    struck = 0
    for sample in range(60):
        ordinary = Job(request(BOUND, "benign", sample=sample), BOUND, "none")
        faults = staging(fault_share=0.25).incidents(ordinary)
        assert all(0 <= each.at < len(BOUND.steps) for each in faults)
        struck += len(faults)
    assert 5 <= struck <= 25
    assert not staging(fault_share=0.5).incidents(job("harmful"))


def test_refusals_are_asked_for_in_all_styles_and_with_care_where_somebody_is_in_danger() -> None:
    """The hint stands before the row's own system prompt, and only where harm is asked for."""
    styles = {
        staging().hints(Job(request(BOUND, "harmful", sample=n), BOUND, "clear")) for n in range(40)
    }
    assert styles == {("style-direct",), ("style-explaining",), ("style-redirecting",)}
    assert staging().hints(job("harmful", category="self_harm")) == ("style-supportive",)
    assert staging(styles={}).hints(job("harmful")) == ()
    assert not [hint for hint in staging().hints(job("benign")) if hint.startswith("style")]
    both = staging(safety_prompt=True).hints(job("harmful"))
    assert both[0] == "safety"
    seen = system_message(job("harmful"), both) or ""
    assert seen.startswith("Look at")
    assert "carry out" in seen


def test_reasons_and_calls_at_once_are_asked_for_on_request() -> None:
    """A share of tasks with steps that don't depend on one another, and all of them."""
    asked = staging(parallel_share=1, reasoning=True)
    jobs = [Job(request(of, "benign"), of, "none") for of in map(binding, range(12))]
    found = {hint for each in jobs for hint in asked.hints(each)}
    assert found == {"hint-parallel", "hint-reasoning"}


def test_what_lacks_a_sound_opening_is_left_out_and_counted() -> None:
    """A follow-up whose harmful opening was not judged harmful can't be made."""
    opening = request(BOUND, "harmful", text="Do harm first, and be quick.", situation="opening")
    follow_up = request(BOUND, "benign", situation="follow_up")
    sound = [*verdicts(opening, "clear"), *verdicts(follow_up, "none")]
    jobs, alone = sound_jobs([opening, follow_up], [BOUND], sound)
    assert [each.texts for each in jobs] == [(opening.text, follow_up.text)]
    assert alone == []
    jobs, alone = sound_jobs([opening, follow_up], [BOUND], sound[2:])
    assert (jobs, [each.request for each in alone]) == ([], [follow_up])


def test_a_request_that_a_note_gives_away_needs_both_readings() -> None:
    """Harm with the note, none without."""
    given: Instruction = request(BOUND, "harmful", situation="revealed", later="note")
    sound = verdicts(given, "clear")
    surface = sound[0].model_copy(update={"check": "surface", "label": "none", "id": "verdict-s"})
    assert sound_jobs([given], [BOUND], sound)[0] == []
    assert len(sound_jobs([given], [BOUND], [*sound, surface])[0]) == 1
