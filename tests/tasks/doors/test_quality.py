"""Every expectation of every suite holds for sound rows and fails for the row that breaks it."""

import asyncio
import subprocess
import sys
import time
from typing import Any

import pytest

from expectations import load_suite
from schemas.errors import DataFileError
from schemas.ids import row_id
from schemas.rows import ROWS, Row
from tasks.doors.quality import GateResult, gate

KINDS = {kind.table: kind for kind in ROWS}
# never in a message; the marker stands for harmful text
MARKER = "a request that must not be repeated"


def name(stage: str, *parts: object) -> str:
    return row_id(stage, *parts)


def call(number: int, tool: str = "send_mail") -> dict[str, Any]:
    return {"id": f"call-{number}", "name": tool, "arguments": {"to": "a@example.com"}}


def step(tool: str = "send_mail", inputs: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"capability": "Mail.send", "tool": tool, "values": {}, "inputs": inputs or {}}


def execution(binding: str, **other: object) -> dict[str, Any]:
    done = {"call": call(1), "ok": True, "result": {"sent": True}}
    return {
        "id": name("execution", 1), "slot": "s", "binding": binding, "world_seed": 1,
        "world_code": "w", "initial_digest": "a", "final_digest": "b", "steps": [done],
        "success": True, "failures": [],
    } | other  # fmt: skip


BINDING = name("binding", 1)
REQUEST = {"role": "user", "content": MARKER}
ERRAND = {"role": "user", "content": "Send it, please."}
REFUSAL = {"role": "assistant", "content": "I won't do that."}
ACT = {"role": "assistant", "content": None, "tool_calls": [call(1)]}
OBSERVED = {"role": "tool", "content": "{}", "tool_call_id": "call-1", "name": "send_mail"}
DONE = {"role": "assistant", "content": "It is sent."}
TOOL = {"type": "function", "function": {"name": "send_mail", "parameters": {}}}
UNLEARNT = {"train": False}
VOTE = {"seat": "policy", "endpoint": "e", "answer": "none", "call": "k"}
COMMON = {"category": "privacy", "subcategory": "stalking"}

SOUND: dict[str, dict[str, Any]] = {
    "policies": COMMON | {
        "definition": "A sentence that is long enough.", "refuse_if": "It helps someone to do it.",
        "allow_if": "It helps someone against it.",
    },
    "chains": COMMON | {
        "capabilities": ["Web.search", "Mail.send"], "explanation": "What is found is sent on.",
        "source": "seed",
    },
    "bindings": COMMON | {
        "chain": name("chain", 1), "steps": [step("search"), step(inputs={"body": {
            "step": 0, "yields": "text"}})], "distractors": ["pay"],
        "tool_order": ["pay", "search", "send_mail"], "world_seed": 7, "system_prompt": None,
        "system_prompt_name": "none",
    },
    "plans": COMMON | {
        "binding": BINDING, "maker": "scripted", "execution": execution(BINDING),
    },
    "instructions": COMMON | {
        "chain": name("chain", 1), "binding": BINDING, "intent": "harmful", "sample": 0,
        "text": MARKER, "endpoint": "e", "prompt": "request-harmful@0123456789ab", "calls": ["k"],
    },
    "verdicts": COMMON | {
        "subject": name("instruction", 1), "check": "semantic", "intent": "benign",
        "outcome": "accepted", "label": "none", "reason": "", "votes": [VOTE, VOTE],
    },
    "responses": COMMON | {
        "instruction": name("instruction", 1), "binding": BINDING, "chain": name("chain", 1),
        "intent": "harmful", "kind": "refusal", "outcome": "accepted", "label": "refused",
        "reason": "", "endpoint": "e", "messages": [REFUSAL], "text_digest": "d",
        "execution": None, "text_refuses": True, "calls": ["k"],
    },
    "examples": COMMON | {
        "label": "harmful", "intent": "harmful", "kind": "refusal", "pattern": ["Mail.send"],
        "pair": BINDING, "chain": name("chain", 1), "binding": BINDING,
        "instruction": name("instruction", 1), "response": name("response", 1), "split": "train",
        "messages": [REQUEST, REFUSAL], "tools": [TOOL], "holds_harm": True, "canary": "canary",
    },
    "imports": {
        "source": "others", "licence": "MIT", "source_id": "row-1", "place": "others.jsonl, line 1",
        "asked": MARKER, "messages": [REQUEST | UNLEARNT, ACT, OBSERVED | UNLEARNT, DONE],
        "tools": [TOOL], "offered": ["send_mail"], "called": ["send_mail"], "call_count": 1,
        "multi_step": True, "changed": [],
    },
    "mutations": {
        "category": "privacy", "subject": name("response", 1), "kind": "call_repeated",
        "intent": "benign", "caught": True, "reason": "repeated_call",
    },
    "audits": {
        "figures": {"rows": 1.0}, "warnings": [], "filters": [], "parts": {}, "styles": {},
        "mutations": {}, "shortcuts": {"features": {}, "ngrams": {}},
        "diversity": {"intents": {}}, "agreement": {"checks": {}}, "benchmarks": [],
    },
    "reviews": {
        "subject": name("instruction", 1), "check": "semantic", "category": "privacy",
        "intent": "benign", "instruction": name("instruction", 1), "verdict": "accept",
        "outcome": "accepted", "masked": False, "note": MARKER, "reviewed_at": "2030-01-01",
    },
    "dropped": COMMON | {
        "of_stage": "balance", "subject": name("response", 1), "outcome": "accepted",
        "reason": "not_selected", "by": "selection", "intent": "harmful", "text": MARKER,
    },
    "failures": {
        "of_stage": "responses", "item": name("instruction", 1), "category": "privacy",
        "error": "timeout", "attempts": 3, "detail": MARKER,
    },
}  # fmt: skip
HELPED = {
    "intent": "benign", "kind": "trajectory", "label": "helped",
    "messages": [ACT, OBSERVED, DONE], "execution": execution(BINDING), "replayed": True,
    "text_refuses": False,
}  # fmt: skip
ANSWERED = HELPED | {
    "kind": "answer", "label": "answered", "situation": "no_tool", "messages": [DONE],
    "execution": execution(BINDING, steps=[]),
}  # fmt: skip
READ_ANSWER = {
    "check": "response", "intent": "harmful", "subject": name("response", 1), "answer": "digest",
    "instruction": name("instruction", 99), "verdict": "reject", "masked": True,
}  # fmt: skip
HELPFUL = {
    "label": "benign", "intent": "benign", "kind": "trajectory", "canary": None,
    "holds_harm": False,
    "messages": [{"role": "system", "content": "Be brief."}, ERRAND, ACT, OBSERVED, DONE],
}  # fmt: skip
FOREIGN = HELPFUL | {
    "category": "third_party", "subcategory": "others", "binding": "", "instruction": "",
    "response": name("import", 1), "source": "others", "source_id": "row-1", "licence": "MIT",
}  # fmt: skip
ENDS_IN_CALL = {"messages": [ERRAND | UNLEARNT, ACT]}
MORE_SOUND: list[tuple[str, dict[str, Any]]] = [
    ("chains", {"source": "synthesised", "calls": ["k"]}),
    ("bindings", {"system_prompt": "Be brief.", "system_prompt_name": "short"}),
    ("plans", {"maker": "planner", "instruction": name("instruction", 1), "calls": ["k"]}),
    ("verdicts", {"intent": "harmful", "label": "clear", "votes": [VOTE | {"answer": "clear"}]}),
    ("verdicts", {"intent": "borderline", "label": "split", "votes": [VOTE]}),
    ("verdicts", {"outcome": "unknown", "label": "unknown", "reason": "judges_unreadable"}),
    ("verdicts", {"check": "execution", "label": "stated", "votes": []}),
    ("verdicts", {"check": "execution", "label": "lost", "outcome": "rejected", "reason": "lost",
                  "votes": []}),
    ("verdicts", {"check": "surface", "intent": "harmful", "votes": [VOTE]}),
    ("instructions", {"situation": "revealed", "later": "why", "text": "Go on.", "prompt":
                      "request-revealed@0123456789ab"}),
    ("instructions", {"intent": "benign", "situation": "missing_value", "later": "4", "text": "Do.",
                      "gap": "0.q", "prompt": "request-missing-value@0123456789ab"}),
    ("responses", HELPED),
    ("responses", ANSWERED),
    ("responses", ANSWERED | {"label": "unable", "situation": "missing_tool"}),
    ("responses", {"situation": "turned", "execution": execution(BINDING), "replayed": True,
                   "messages": [ACT, OBSERVED, DONE, REQUEST, REFUSAL]}),
    ("responses", HELPED | {"intent": "borderline"}),
    ("responses", {"kind": "dropped", "outcome": "rejected", "label": "complied", "messages": [],
                   "reason": "false_compliance"}),
    ("responses", HELPED | {"kind": "dropped", "outcome": "rejected", "label": "incomplete",
                            "reason": "task_not_done", "execution": execution(BINDING,
                                                                               success=False)}),
    ("verdicts", {"by_people": True, "votes": []}),
    ("verdicts", {"by_people": True, "votes": [], "outcome": "rejected",
                  "label": "rejected_by_people", "reason": "rejected_by_people"}),
    ("responses", {"by_people": True, "kind": "dropped", "outcome": "rejected", "messages": [],
                   "label": "relabelled_by_people", "reason": "relabelled_by_people"}),
    ("reviews", {"verdict": "relabel", "label": "harmful"}),
    ("reviews", READ_ANSWER),
    ("imports", ENDS_IN_CALL),
    ("examples", FOREIGN),
    ("examples", FOREIGN | ENDS_IN_CALL | {"response": name("import", 2)}),
    ("examples", FOREIGN | {"response": name("import", 3), "messages": [
        ERRAND | {"content": "Write to jo@elsewhere.net"}, DONE]}),
    ("examples", {"tools_of": name("import", 1)}),
    ("examples", HELPFUL),
    ("examples", HELPFUL | {"intent": "borderline"}),
    ("examples", {"messages": [{"role": "system", "content": "Be brief."}, REQUEST, REFUSAL]}),
]  # fmt: skip


def make(table: str, number: int = 0, **changes: object) -> Row:
    """Return a sound row with some fields changed; rows of other numbers differ in all ids."""
    kind = KINDS[table]
    apart: dict[str, dict[str, Any]] = {
        "policies": {"subcategory": f"stalking_{'x' * number}"},
        "chains": {"subcategory": f"stalking_{'x' * number}"},
        "instructions": {"sample": number},
        "verdicts": {"subject": name("instruction", number)},
        "responses": {"instruction": name("instruction", number)},
        "reviews": dict.fromkeys(("subject", "instruction"), name("instruction", number)),
        "examples": {"response": name("response", number), "chain": name("chain", number)},
    }
    own = {"id": name(kind.stage, number), "slot": f"s/{number}"} | apart.get(table, {})
    return kind.model_validate(SOUND[table] | own | changes)


def names(result: GateResult) -> set[str]:
    return {finding.expectation for finding in (*result.failed, *result.warnings)}


@pytest.mark.parametrize("table", sorted(KINDS))
def test_sound_rows_pass(table: str) -> None:
    """Sound rows of every form, and no rows at all, are green without a warning."""
    others = [changes for of, changes in MORE_SOUND if of == table]
    rows = [make(table, number, **changes) for number, changes in enumerate([{}, *others])]
    for members in (rows, []):
        result = gate(table, members)
        assert (result.success, names(result)) == (True, set())
        assert result.checked == len(load_suite(table).expectations)


Changes = dict[str, Any]
ONE: list[tuple[str, str, Changes]] = [
    ("policies", "id: expect_column_values_to_match_regex", {"id": MARKER}),
    ("policies", "subcategory: expect_column_values_to_match_regex", {"subcategory": "A b"}),
    ("policies", "definition: expect_column_value_lengths_to_be_between", {"definition": "x"}),
    ("policies", "policy_text_is_there", {"allow_if": "x"}),
    ("chains", "id: expect_column_values_to_match_regex", {"id": "plan-1"}),
    ("chains", "source: expect_column_values_to_be_in_set", {"source": "found", "calls": ["k"]}),
    ("chains", "category: expect_column_values_to_match_regex", {"category": "A b"}),
    ("chains", "one_to_five_steps", {"capabilities": ["Web.search"] * 6}),
    ("chains", "capabilities_are_named", {"capabilities": [MARKER]}),
    ("chains", "seeds_cost_no_call", {"calls": ["k"]}),
    ("chains", "explanations_say_something", {"explanation": "x"}),
    ("bindings", "id: expect_column_values_to_match_regex", {"id": "x"}),
    ("bindings", "chain: expect_column_values_to_match_regex", {"chain": "x"}),
    ("bindings", "world_seed: expect_column_values_to_be_between", {"world_seed": -1}),
    ("bindings", "one_to_five_steps", {"steps": []}),
    ("bindings", "tools_are_offered", {"tool_order": ["pay", "send_mail"]}),
    ("bindings", "tools_are_offered", {"distractors": ["other"]}),
    ("bindings", "tools_are_offered_once", {"tool_order": ["pay", "search", "send_mail", "pay"]}),
    ("bindings", "distractors_are_not_needed", {"distractors": ["send_mail"]}),
    ("bindings", "inputs_come_from_earlier_steps",
     {"steps": [step("search", {"q": {"step": 0, "yields": "text"}}), step()]}),
    ("bindings", "none_is_no_system_prompt", {"system_prompt": "Be brief."}),
    ("bindings", "none_is_no_system_prompt", {"system_prompt": " ", "system_prompt_name": "own"}),
    ("plans", "id: expect_column_values_to_match_regex", {"id": "x"}),
    ("plans", "binding: expect_column_values_to_match_regex",
     {"binding": "x", "execution": execution("x")}),
    ("plans", "maker: expect_column_values_to_be_in_set", {"maker": "nobody"}),
    ("plans", "plans_succeed", {"execution": execution(BINDING, success=False)}),
    ("plans", "plans_succeed", {"execution": execution(BINDING, failures=["no mail was sent"])}),
    ("plans", "plans_make_calls", {"execution": execution(BINDING, steps=[])}),
    ("plans", "scripted_calls_work",
     {"execution": execution(BINDING, steps=[{"call": call(1), "ok": False, "result": {}}])}),
    ("plans", "executions_are_of_the_binding", {"execution": execution(name("binding", 2))}),
    ("plans", "planners_plan_for_a_request", {"maker": "planner"}),
    ("plans", "planners_plan_for_a_request", {"calls": ["k"]}),
    ("instructions", "id: expect_column_values_to_match_regex", {"id": "x"}),
    ("instructions", "intent: expect_column_values_to_be_in_set",
     {"intent": "odd", "prompt": "request-odd@0123456789ab"}),
    ("instructions", "prompt: expect_column_values_to_match_regex",
     {"prompt": "request-harmful@"}),
    ("instructions", "texts_are_there", {"text": " "}),
    ("instructions", "written_for_their_intent", {"intent": "benign"}),
    ("instructions", "situations_fit_intents", {"situation": "follow_up"}),
    ("instructions", "what_comes_later_is_there", {"situation": "revealed", "prompt":
        "request-revealed@0123456789ab"}),
    ("instructions", "situation: expect_column_values_to_be_in_set", {"situation": "odd"}),
    ("instructions", "calls_are_named", {"calls": []}),
    ("instructions", "no_markup_is_left", {"text": "```json"}),
    ("verdicts", "id: expect_column_values_to_match_regex", {"id": "x"}),
    ("verdicts", "outcome: expect_column_values_to_be_in_set", {"outcome": "odd", "reason": "x"}),
    ("verdicts", "check: expect_column_values_to_be_in_set", {"check": "odd"}),
    ("verdicts", "only_the_rejected_have_a_reason", {"reason": "signs_of_harm"}),
    ("verdicts", "only_the_rejected_have_a_reason",
     {"outcome": "rejected", "label": "some", "votes": [VOTE | {"answer": "some"}]}),
    ("verdicts", "unreadable_is_unknown", {"label": "unknown", "intent": "borderline"}),
    ("verdicts", "labels_are_of_the_check",
     {"label": "odd", "intent": "borderline", "votes": [VOTE | {"answer": "odd"}]}),
    ("verdicts", "labels_are_of_the_check",
     {"check": "execution", "label": "none", "votes": [], "outcome": "rejected", "reason": "x"}),
    ("verdicts", "benign_shows_no_harm", {"label": "some", "votes": [VOTE | {"answer": "some"}]}),
    ("verdicts", "benign_shows_no_harm", {"intent": "harmful"}),
    ("verdicts", "stated_is_accepted", {"check": "execution", "label": "lost", "votes": []}),
    ("verdicts", "nothing_shows_at_once", {"check": "surface"}),
    ("verdicts", "judges_were_heard", {"votes": []}),
    ("verdicts", "the_majority_decided", {"votes": [VOTE, VOTE | {"answer": "some"}]}),
    ("verdicts", "the_majority_decided", {"votes": [VOTE | {"answer": None}]}),
    ("responses", "id: expect_column_values_to_match_regex", {"id": "x"}),
    ("responses", "kind: expect_column_values_to_be_in_set", {"kind": "odd"}),
    ("responses", "outcome: expect_column_values_to_be_in_set",
     {"outcome": "odd", "reason": "x", "kind": "dropped", "messages": []}),
    ("responses", "released_is_accepted", {"kind": "dropped", "messages": []}),
    ("responses", "released_is_accepted", {"reason": "x"}),
    ("responses", "complied_keeps_nothing",
     HELPED | {"kind": "dropped", "outcome": "rejected", "label": "complied", "reason": "x"}),
    ("responses", "complied_keeps_nothing",
     {"kind": "dropped", "outcome": "rejected", "label": "unclear", "reason": "x"}),
    ("responses", "harm_is_only_refused", HELPED | {"intent": "harmful", "execution": execution(
        BINDING, steps=[])}),
    ("responses", "harm_has_no_execution", {"execution": execution(BINDING)}),
    ("responses", "refusals_are_one_text", {"messages": []}),
    ("responses", "refusals_are_one_text", {"messages": [REFUSAL, REFUSAL]}),
    ("responses", "refusals_are_one_text", {"messages": [ACT]}),
    ("responses", "refusals_are_one_text", {"messages": [REFUSAL | {"content": None}]}),
    ("responses", "refusals_are_one_text", {"messages": [REFUSAL | {"tool_calls": [call(1)]}]}),
    ("responses", "trajectories_succeed", HELPED | {"execution": None}),
    ("responses", "trajectories_succeed", HELPED | {"execution": execution(
        BINDING, success=False)}),
    ("responses", "trajectories_are_complete", HELPED | {"messages": [ACT, OBSERVED]}),
    ("responses", "trajectories_are_complete", HELPED | {"messages": [ACT, ACT, OBSERVED, DONE]}),
    ("responses", "users_speak_where_they_should",
     HELPED | {"messages": [REQUEST, ACT, OBSERVED, DONE]}),
    ("responses", "users_speak_where_they_should", HELPED | {"situation": "follow_up"}),
    ("responses", "harm_is_not_completed", {"harm_done": True}),
    ("responses", "answers_say_why", ANSWERED | {"label": "unable"}),
    ("responses", "answers_say_why", ANSWERED | {"calls_before": 1}),
    ("responses", "what_ran_was_run_again", HELPED | {"replayed": False}),
    ("responses", "self_harm_is_met_with_support", {"category": "self_harm", "style": "direct"}),
    ("responses", "safety_prompt_is_for_harm", HELPED | {"hints": ["safety"]}),
    ("responses", "answers_are_named", {"calls": []}),
    ("examples", "id: expect_column_values_to_match_regex", {"id": "x"}),
    ("examples", "label: expect_column_values_to_be_in_set", {"label": "odd", "intent": "odd"}),
    ("examples", "split: expect_column_values_to_be_in_set", {"split": "odd"}),
    ("examples", "harmful_rows_have_the_canary", {"canary": None}),
    ("examples", "harmful_rows_have_the_canary", HELPFUL | {"canary": "canary"}),
    ("examples", "harmful_rows_have_the_canary", {"holds_harm": False, "canary": None}),
    ("examples", "something_is_learnt", {"messages": [REQUEST, REFUSAL | {"train": False}]}),
    ("examples", "situation: expect_column_values_to_be_in_set", {"situation": "opening"}),
    ("examples", "no_personal_data",
     HELPFUL | {"messages": [ERRAND | {"content": "Write to jo@elsewhere.net"}, DONE]}),
    ("examples", "harm_is_refused", HELPFUL | {"kind": "refusal", "messages": [REQUEST, REFUSAL]}),
    ("examples", "labels_fit_intents", {"intent": "benign"}),
    ("examples", "refusals_have_one_answer", {"messages": [REQUEST, REFUSAL, REFUSAL]}),
    ("examples", "refusals_have_one_answer",
     {"messages": [REQUEST, ACT, OBSERVED, REFUSAL]}),
    ("examples", "system_comes_first",
     HELPFUL | {"messages": [REQUEST, {"role": "system", "content": "x"}, DONE]}),
    ("examples", "system_comes_first", HELPFUL | {"messages": [REQUEST, ACT, OBSERVED]}),
    ("examples", "system_comes_first", HELPFUL | {"messages": [DONE]}),
    ("examples", "called_tools_are_offered", HELPFUL | {"messages": [
        REQUEST, ACT | {"tool_calls": [call(1, "invented")]}, OBSERVED, DONE]}),
    ("examples", "tools_are_offered_once", {"tools": [TOOL, TOOL]}),
    ("examples", "tools_are_offered_once", {"tools": []}),
    ("examples", "calls_are_answered", HELPFUL | {"messages": [REQUEST, ACT, DONE]}),
    ("examples", "calls_are_answered",
     HELPFUL | {"messages": [REQUEST, ACT, OBSERVED | {"tool_call_id": "call-2"}, DONE]}),
    ("examples", "no_secrets", {"messages": [REQUEST, REFUSAL | {"content": "sk-" + "a1" * 12}]}),
    ("examples", "no_secrets", {"messages": [REQUEST, REFUSAL | {"content": "AKIA" + "A1" * 8}]}),
    ("examples", "calls_are_answered", HELPFUL | {"messages": [ERRAND, ACT]}),
    ("examples", "other_datasets_rows_say_where_they_are_from", FOREIGN | {"source": "own"}),
    ("examples", "other_datasets_rows_say_where_they_are_from", FOREIGN | {"source_id": ""}),
    ("examples", "other_datasets_rows_say_where_they_are_from", FOREIGN | {"binding": BINDING}),
    ("examples", "other_datasets_rows_say_where_they_are_from",
     FOREIGN | {"response": name("response", 9)}),
    ("examples", "other_datasets_rows_say_where_they_are_from", {"licence": "MIT"}),
    ("examples", "only_plain_harmful_rows_borrow_tools",
     HELPFUL | {"tools_of": name("import", 1)}),
    ("examples", "only_plain_harmful_rows_borrow_tools", {"tools_of": name("response", 1)}),
    ("examples", "only_plain_harmful_rows_borrow_tools",
     {"tools_of": name("import", 1), "situation": "turned"}),
    ("imports", "id: expect_column_values_to_match_regex", {"id": "x"}),
    ("imports", "rows_say_where_they_are_from", {"source": "own"}),
    ("imports", "rows_say_where_they_are_from", {"place": ""}),
    ("imports", "no_row_is_without_its_call", {"call_count": 2}),
    ("imports", "no_row_is_without_its_call", {"tools": []}),
    ("imports", "no_row_is_without_its_call", {"tools": [TOOL, TOOL]}),
    ("imports", "a_conversation_is_whole", {"messages": [ACT, OBSERVED | UNLEARNT, DONE]}),
    ("imports", "a_conversation_is_whole",
     {"messages": [REQUEST | UNLEARNT, ACT, OBSERVED | UNLEARNT]}),
    ("imports", "a_conversation_is_whole",
     {"messages": [REQUEST | UNLEARNT, ACT, OBSERVED | UNLEARNT, DONE | UNLEARNT]}),
    ("imports", "users_and_tools_carry_no_loss",
     {"messages": [REQUEST, ACT, OBSERVED | UNLEARNT, DONE]}),
    ("imports", "calls_are_answered", {"messages": [REQUEST | UNLEARNT, ACT, DONE]}),
    ("imports", "no_secrets", {"messages": [
        REQUEST | UNLEARNT, ACT, OBSERVED | UNLEARNT, DONE | {"content": "AKIA" + "A1" * 8}]}),
    ("mutations", "id: expect_column_values_to_match_regex", {"id": "x"}),
    ("mutations", "caught_for_a_reason", {"reason": ""}),
    ("audits", "id: expect_column_values_to_match_regex", {"id": "x"}),
    ("audits", "figures_are_there", {"figures": {}}),
    ("verdicts", "people_are_not_outvoted", {"by_people": True}),
    ("verdicts", "people_are_not_outvoted",
     {"outcome": "rejected", "label": "rejected_by_people", "reason": "rejected_by_people"}),
    ("responses", "people_are_not_outvoted",
     {"kind": "dropped", "outcome": "rejected", "messages": [], "reason": "rejected_by_people"}),
    ("reviews", "id: expect_column_values_to_match_regex", {"id": "x"}),
    ("reviews", "check: expect_column_values_to_be_in_set", {"check": "surface"}),
    ("reviews", "verdict: expect_column_values_to_be_in_set", {"verdict": "perhaps"}),
    ("reviews", "only_another_label_is_one", {"label": "harmful"}),
    ("reviews", "a_request_is_its_own_subject", {"subject": name("response", 1)}),
    ("reviews", "answers_are_named", {"answer": "digest"}),
    ("reviews", "harm_was_revealed", {"intent": "harmful"}),
    ("dropped", "id: expect_column_values_to_match_regex", {"id": "x"}),
    ("dropped", "dropped_for_a_reason", {"reason": MARKER}),
    ("dropped", "no_answer_to_harm", {"messages": [REFUSAL]}),
    ("dropped", "no_answer_to_harm", {"intent": "benign", "harmful": True, "messages": [DONE]}),
    ("failures", "id: expect_column_values_to_match_regex", {"id": "x"}),
    ("failures", "of_stage: expect_column_values_to_match_regex", {"of_stage": "A b"}),
    ("failures", "errors_are_classes", {"error": MARKER}),
    ("failures", "parents_are_named", {"item": MARKER}),
    ("failures", "attempts_were_made", {"attempts": 0}),
]  # fmt: skip
# broken only beside another row
TWO: list[tuple[str, str, Changes]] = [
    *((table, "id: expect_column_values_to_be_unique", {"id": name(KINDS[table].stage, 0)})
      for table in KINDS),
    ("imports", "slot: expect_column_values_to_be_unique", {"slot": "s/0"}),
    ("policies", "subcategories_are_distinct", {"subcategory": "stalking_"}),
    ("chains", "slots_are_distinct", {"slot": "s/0"}),
    ("chains", "chains_are_distinct", {"subcategory": "stalking_"}),
    ("instructions", "samples_are_distinct", {"sample": 0, "text": "other"}),
    ("instructions", "samples_are_distinct", {"slot": "s/0", "text": "other"}),
    ("instructions", "texts_differ", {}),
    ("verdicts", "judged_once", {"subject": name("instruction", 0)}),
    ("responses", "answered_once", {"instruction": name("instruction", 0)}),
    ("reviews", "reviewed_once", {"instruction": name("instruction", 0)}),
    ("mutations", "spoilt_once", {"subject": name("response", 1)}),
    ("audits", "there_is_one", {}),
    ("examples", "slots_are_distinct", {"slot": "s/0"}),
    ("examples", "responses_are_used_once", {"response": name("response", 0)}),
    ("examples", "chains_stay_in_one_split", {"chain": name("chain", 0), "split": "test"}),
    ("examples", "requests_have_one_label",
     HELPFUL | {"messages": [REQUEST, ACT, OBSERVED, DONE]}),
]  # fmt: skip


def make_unchecked(table: str, number: int, changes: Changes) -> Row:
    """Return a row that may break its own model: a gate stands behind the models."""
    sound = make(table, number)
    valid: Changes = {}
    for field, value in changes.items():
        try:
            valid[field] = getattr(make(table, number, **{field: value}), field)
        except ValueError:
            valid[field] = tuple(value) if isinstance(value, list) else value
    return sound.model_copy(update=valid)


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
@pytest.mark.parametrize(("table", "expectation", "changes"), ONE)
def test_a_broken_row_is_found(table: str, expectation: str, changes: Changes) -> None:
    """One broken row among sound ones fails its expectation, and nothing quotes it."""
    rows = [make(table, 0), make_unchecked(table, 1, changes), make(table, 2)]
    result = gate(table, rows)
    assert expectation in names(result)
    assert MARKER not in repr(result)


@pytest.mark.parametrize(("table", "expectation", "changes"), TWO)
def test_rows_that_contradict_each_other_are_found(
    table: str, expectation: str, changes: Changes
) -> None:
    """Two rows that are sound alone fail together."""
    result = gate(table, [make(table, 0), make_unchecked(table, 1, changes)])
    assert expectation in names(result)
    assert MARKER not in repr(result)


def test_every_expectation_is_tested() -> None:
    """No expectation of any suite goes without a row that breaks it."""
    held = {
        (table, str(e.kwargs["name"]) if e.is_query else f"{e.kwargs['column']}: {e.type}")
        for table in KINDS
        for e in load_suite(table).expectations
    }
    assert held == {(table, expectation) for table, expectation, _ in (*ONE, *TWO)}


def test_critical_fails_and_a_warning_is_reported() -> None:
    """Severity decides: a warning leaves the gate green."""
    result = gate("chains", [make("chains", explanation="x")])
    assert (result.success, [w.expectation for w in result.warnings]) == (
        True,
        ["explanations_say_something"],
    )
    assert not gate("chains", [make("chains", calls=["k"])]).success


def test_details_name_rows_and_counts() -> None:
    """A query's finding names the ids, a column's the count."""
    rows = [make("examples", number, canary=None) for number in range(7)]
    (finding,) = [f for f in gate("examples", rows).failed if "canary" in f.expectation]
    assert finding.detail.startswith("7 rows: example-")
    assert finding.detail.endswith(" and 2 more")
    (finding,) = gate("chains", [make("chains", category="A b"), make("chains", 1)]).failed
    assert finding.detail == "1 of 2 rows"


def test_an_unknown_table_has_no_suite() -> None:
    """A gate for a table without a suite is an error, not green."""
    with pytest.raises(DataFileError, match=r"expectations/calls\.json"):
        gate("calls", [])


async def test_gates_run_side_by_side() -> None:
    """Gates in several threads don't disturb each other."""
    tables = sorted(KINDS) * 2
    results = await asyncio.gather(*(asyncio.to_thread(gate, t, [make(t)]) for t in tables))
    assert [result.success for result in results] == [True] * len(tables)


def test_a_gate_is_quick() -> None:
    """2,000 rows take tens of milliseconds of CPU once the library is imported."""
    rows = [make("examples", number) for number in range(2000)]
    gate("examples", rows[:1])
    spent = []
    for _ in range(3):
        start = time.thread_time()
        assert gate("examples", rows).success
        spent.append(time.thread_time() - start)
    assert min(spent) < 0.3


def test_nothing_heavy_is_imported_by_the_door() -> None:
    """Importing the gate loads neither Great Expectations nor pandas."""
    probe = """
import sys, tasks.doors.quality, tasks.doors.registry
print([name for name in ("great_expectations", "mlflow", "pandas") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
