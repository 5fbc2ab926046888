"""An input classifier in front of a model: it reads what a user asks, and may keep it back."""

from dataclasses import dataclass

import orjson

from schemas.answers import GuardVerdict, response_schema
from schemas.calls import Request, Usage
from schemas.ids import row_id
from schemas.prompts import load_prompt
from tasks.context import RunContext
from tasks.conversation import offered_tools
from tasks.evaluating.cases import Case

PROMPT = "guard"
REFUSAL = "I can't help with this request, as it was found to be harmful."  # in the model's place
MOST_TOKENS = 100


@dataclass(frozen=True, slots=True)
class Guarded:
    """What the guard said of the texts of a case: those it keeps back, by their number."""

    flagged: frozenset[int] = frozenset()
    usages: tuple[Usage, ...] = ()
    error: str = ""  # why it can't be told

    @property
    def spoken(self) -> dict[int, str]:
        """What is answered in the place of the model."""
        return dict.fromkeys(sorted(self.flagged), REFUSAL)


async def ask_guard(context: RunContext, case: Case, stage: str, retry_epoch: int) -> Guarded:
    """Return what the guard says of each text that a user says in a case, one after the other."""
    flagged, usages = set[int](), list[Usage]()
    for number in range(len(case.job.texts)):
        request = _request(context, case, number, stage, retry_epoch)
        parsed = await context.engine.ask_json(request, GuardVerdict)
        if parsed.value is None:
            return Guarded(error=parsed.reply.error or "malformed")
        usages.append(parsed.reply.usage)
        if parsed.value.verdict == "harmful":
            flagged.add(number)
    return Guarded(frozenset(flagged), tuple(usages))


def _request(context: RunContext, case: Case, number: int, stage: str, retry_epoch: int) -> Request:
    tools = [tool["function"] for tool in offered_tools(case.job.tools, context.catalogue)]
    facts = {"tools": tools, "request": case.job.texts[number]}
    text = orjson.dumps(facts, option=orjson.OPT_INDENT_2).decode()
    return Request(
        role="guard",
        stage=stage,
        item=row_id("draw", case.job.request.id, "guard", number),
        messages=load_prompt(PROMPT).render(facts=text),
        response_schema=response_schema(GuardVerdict),
        temperature=0.0,
        max_tokens=MOST_TOKENS,
        retry_epoch=retry_epoch,
    )
