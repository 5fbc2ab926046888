"""The command `review`: people check what the filters of a version let through and kept out.

What it needs is imported when it runs, so that the other commands start fast.
"""

import asyncio
import os
from typing import TYPE_CHECKING, Annotated, get_args

import orjson
import typer

from agentalign.options import DEFAULT_FOLDER, AsJson, Folder
from schemas.errors import BadInputError
from schemas.suggestions import suggest
from schemas.workspace import store_url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentalign.reviewing.frame import Frame, Subject
    from schemas.workspace import Workspace, store_url
    from tasks.doors.store import Store
    from tasks.formats.versions import Version

CHECKS = ("semantic", "response", "all")
_WIDE = 160


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("review")(review)


def review(
    version: Annotated[
        str | None, typer.Argument(help="A version or the start of one; else the newest.")
    ] = None,
    sample: Annotated[int, typer.Option(min=1, help="How many rows to go through.")] = 100,
    intent: Annotated[str | None, typer.Option(help="harmful, benign or borderline.")] = None,
    check: Annotated[
        str, typer.Option(help="semantic (requests), response (answers) or all.")
    ] = "all",
    seed: Annotated[int, typer.Option(help="Another seed draws other rows.")] = 0,
    results: Annotated[
        bool, typer.Option("--results", help="Only show what was found so far.")
    ] = False,
    chains: Annotated[
        bool, typer.Option("--chains", help="Say which chains a waiting build keeps.")
    ] = False,
    forget: Annotated[
        str | None, typer.Option(help="Take back what was said of the row with this id.")
    ] = None,
    workspace: Folder = DEFAULT_FOLDER,
    json: AsJson = False,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Offer harmful texts too, in clear; that is logged.")
    ] = False,
) -> None:
    """Judge rows blind; what you say outranks the judges in the next build."""
    from agentalign.workspace import find_workspace
    from schemas.rows import Intent
    from tasks.doors.pending import take_in_acts
    from tasks.doors.store import Store
    from tasks.formats.versions import find_version

    _check("intent", intent, get_args(Intent))
    _check("check", check, CHECKS)
    place = find_workspace(workspace)
    if chains:
        _review_chains(place, results=results, json=json)
        return
    source = find_version(place, version)
    with Store.open(store_url(place), create=False) as store:
        asyncio.run(take_in_acts(place, store))
        if forget:
            _forget(store, forget)
            return
        if not results:
            chosen = _choose(_read(store, source), intent, check, reveal=reveal)
            _sit(chosen, sample, seed, place, store)
        _print_figures(_read(store, source), json=json)


def _review_chains(place: "Workspace", *, results: bool, json: bool) -> None:
    from rich.console import Console

    from agentalign.reviewing.chains import ask_chains, draw_chains, read_chains
    from agentalign.reviewing.desk import Terminal
    from schemas.questions import load_questions
    from tasks.doors.store import Store

    questions = load_questions(place.questions)
    if questions is None:
        print("no chains wait; a build with `review: true` asks about its chains")
        return
    console = Console()
    if not console.is_terminal:
        console.width = _WIDE
    with Store.open(store_url(place), create=False) as store:
        found = read_chains(store, questions)
        waiting = [chain for chain, review in found if review is None]
        if json:
            lines = [
                chain.model_dump(mode="json") | {"said": review.verdict if review else None}
                for chain, review in found
            ]
            print(orjson.dumps(lines).decode())
            return
        if results:
            console.print(draw_chains(found))
            return
        left = ask_chains(waiting, store, Terminal(), console.print)
    if left:
        print(f"{left:,} chains still wait")
    elif questions.run:
        _resume(questions.run, questions.api)
        print("all is said; the run goes on")
    else:
        print("all is said; the same build, run again, goes on")


def _resume(run: str, api: str) -> None:
    os.environ["PREFECT_API_URL"] = api  # before Prefect is imported
    from flows.review import resume

    asyncio.run(resume(run))


def _forget(store: "Store", row_id: str) -> None:
    found = [each for each in asyncio.run(store.reviews()) if each.subject == row_id]
    if not found:
        raise BadInputError(f"nobody has reviewed a row {row_id}")
    for each in found:
        asyncio.run(store.remove_review(each.id))
    print(f"what was said of {row_id} is forgotten; it is offered again")


def _check(name: str, given: str | None, known: "Sequence[str]") -> None:
    if given is not None and given not in known:
        raise BadInputError(f"--{name} {given!r} is none{suggest(given, list(known))}")


def _read(store: "Store", source: "Version") -> "Frame":
    from agentalign.reviewing.frame import find_receipts, read_frame

    async def read() -> "Frame":
        return await read_frame(store, await find_receipts(store, source))

    return asyncio.run(read())


def _choose(frame: "Frame", intent: str | None, check: str, *, reveal: bool) -> "list[Subject]":
    """Return what may be offered; says what is left out for being harmful."""
    asked = [
        each
        for each in frame.subjects
        if intent in (None, each.row.intent) and check in ("all", each.check)
    ]
    shown = [each for each in asked if reveal or not each.masked]
    if hidden := len(asked) - len(shown):
        print(
            f"{hidden:,} rows with harmful text are left out; --reveal offers them, and is logged"
        )
    return shown


def _sit(
    offered: "list[Subject]", sample: int, seed: int, place: "Workspace", store: "Store"
) -> None:
    from rich.console import Console

    from agentalign.reviewing.desk import StoreLedger, Terminal
    from agentalign.reviewing.draw import draw_subjects
    from agentalign.reviewing.session import Session

    drawn = draw_subjects(offered, sample, seed)
    if not drawn:
        print("nothing is left to review here")
        return
    console = Console()
    session = Session(drawn, Terminal(), StoreLedger(place, store), console.print)
    given = session.run()
    print(f"{len(given):,} verdicts are stored; the next build heeds them")


def _print_figures(frame: "Frame", *, json: bool) -> None:
    from rich.console import Console

    from agentalign.reviewing.drawing import draw_figures
    from agentalign.reviewing.figures import make_figures

    found = make_figures(frame)
    if json:
        print(orjson.dumps([each.model_dump(mode="json") for each in found]).decode())
        return
    console = Console()
    if not console.is_terminal:
        console.width = _WIDE
    console.print(draw_figures(found))
