"""People's word on chains: what waits is shown one by one, and each answer is stored at once."""

import asyncio
from collections.abc import Callable, Sequence

from rich.console import RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from agentalign.reviewing.session import Keyboard
from schemas.masked_rows import masked_row
from schemas.questions import Questions
from schemas.rows import Chain, Opinion, Review
from tasks.doors.store import Store
from tasks.reviews import gather, review_chain

ASK = "a keep · r leave out, with all that hangs on it · s skip · q quit"
_OPINIONS: dict[str, Opinion] = {"a": "accept", "r": "reject"}


def read_chains(store: Store, questions: Questions) -> list[tuple[Chain, Review | None]]:
    """Return the chains that were asked about, with what was said of them, by subcategory."""

    async def read() -> list[tuple[Chain, Review | None]]:
        found = [await store.receipt(key) for key in questions.receipts]
        rows = await store.rows(Chain, [receipt for receipt in found if receipt])
        said = gather(await store.reviews()).chains
        asked = [row for row in rows if row.id in questions.chains]
        return [(row, said.get(row.id)) for row in sorted(asked, key=lambda row: row.slot)]

    return asyncio.run(read())


def ask_chains(
    waiting: Sequence[Chain],
    store: Store,
    keyboard: Keyboard,
    say: Callable[[RenderableType], None],
) -> int:
    """Go through the chains; return how many of them nothing was said of."""
    left = 0
    for place, chain in enumerate(waiting):
        say(draw_chain(chain, place + 1, len(waiting)))
        say(ASK)
        while (key := keyboard.key()) not in (*_OPINIONS, "s", "q"):
            say(ASK)
        if key == "q":
            return left + len(waiting) - place
        if key == "s":
            left += 1
        else:
            asyncio.run(store.save_review(review_chain(chain, _OPINIONS[key])))
    return left


def draw_chain(chain: Chain, number: int, count: int) -> RenderableType:
    """Return a chain as a panel; what is masked elsewhere is masked here."""
    shown = masked_row(chain)
    text = Text.assemble(
        (" → ".join(shown.capabilities), "bold"), f"\n{shown.explanation}\n", (shown.id, "dim")
    )
    title = Text(f"{number} of {count}: {shown.category} / {shown.subcategory}")
    return Panel(text, title=title, title_align="left")


def draw_chains(found: Sequence[tuple[Chain, Review | None]]) -> RenderableType:
    """Return the chains as a table, with what was said of each."""
    table = Table("chain", "of", "capabilities", "said", box=None)
    for chain, review in found:
        of = f"{chain.category} / {chain.subcategory}"
        said = review.verdict if review else "-"
        table.add_row(chain.id, of, " → ".join(chain.capabilities), said)
    return table
