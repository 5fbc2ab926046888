"""Which harmful rows offer foreign tools is a draw of each row's own, and names decide."""

from pathlib import Path

from schemas.messages import Message
from schemas.params import BuildParams
from schemas.rows import Receipt, Response
from tasks.lending import draw_borrowers, without_own_names
from tests.tasks.samples import open_sample_run
from tests.tasks.test_selection import candidate

HARMFUL = [candidate(number, "privacy", "stalking", "harmful") for number in range(300)]


def test_a_share_of_plain_rows_is_drawn_whatever_others_there_are() -> None:
    """Other situations keep their tools: they call them, or speak of what they found."""
    drawn = draw_borrowers(HARMFUL, 0, 0.2)
    assert 35 <= len(drawn) <= 85
    assert draw_borrowers(HARMFUL[::-1], 0, 0.2) == drawn
    few = {each.response.id for each in draw_borrowers(HARMFUL[:100], 0, 0.2)}
    assert few == {e.response.id for e in drawn} & {e.response.id for e in HARMFUL[:100]}
    assert draw_borrowers(HARMFUL, 0, 0) == []
    turned = [candidate(1, "privacy", "stalking", "harmful", "turned")]
    assert draw_borrowers(turned, 0, 1) == []


async def test_a_refusal_that_names_a_tool_keeps_its_tools(tmp_path: Path) -> None:
    """It would speak of what is not offered."""
    drawn = []
    rows: list[Response] = []
    said = ("I won't use ines_mailer for that.", "I won't do that.")
    for each, text in zip(HARMFUL[:2], said, strict=True):
        bound = each.binding.model_copy(update={"tool_order": ("ines_mailer", "pay")})
        turn = Message(role="assistant", content=text)
        rows.append(each.response.model_copy(update={"messages": (turn,)}))
        drawn.append(type(each)(each.response, each.request, bound))
    receipt = Receipt(stage="responses", key="responses/v1/a", table="responses", digest="d",
                      rows_in=2, rows=2, dropped={})  # fmt: skip
    async with open_sample_run(tmp_path, BuildParams()) as context:
        await context.store.commit(receipt, rows)
        free = await without_own_names(drawn, context.store, [receipt])
    assert [each.response.id for each in free] == ["response-1"]
