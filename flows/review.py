"""Asks people which chains to keep. While a run waits it holds neither store nor workspace."""

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

import httpx
from prefect import get_run_logger
from prefect.client.orchestration import get_client
from prefect.exceptions import PrefectException
from prefect.flow_runs import apause_flow_run
from prefect.input import RunInput
from prefect.runtime import deployment, flow_run
from prefect.settings import PREFECT_API_URL
from pydantic import Field, create_model

from flows.assembly import make_blocks
from flows.holding import wait_for
from flows.opening import open_stages_of
from schemas.catalogue import load_taxonomy
from schemas.errors import AgentAlignError, StoppedError
from schemas.masked_rows import masked_row
from schemas.params import BuildParams
from schemas.questions import Questions, save_questions
from schemas.rows import Chain
from schemas.workspace import Workspace, store_url
from tasks.doors.store import Store
from tasks.reviews import review_chain
from tasks.taxonomy import chosen, policies


class NotWaitingError(AgentAlignError):
    """A run that should wait for an answer could not be told that it is there."""


_TIMEOUT_S = 7 * 24 * 3600  # a week, in which somebody looks at it
_POLL_S = 2


async def ask_people(workspace: Workspace, params: BuildParams) -> None:
    """Return once people have said of every chain whether it stays, if that is asked for.

    Raises:
        StoppedError: the run is none of a deployment, so that no page could take the answer.
        AgentAlignError: as making chains does.
    """
    turn = 0
    while params.review and (waiting := await _find_waiting(workspace, params)):
        if not deployment.id:
            raise StoppedError(
                f"{len(waiting)} chains wait for your word: run `agentalign review --chains"
                f" --workspace {workspace.root}`, then the same command again"
            )
        turn += 1
        answer = await _pause(waiting, turn)
        await _store(workspace, waiting, answer)
    if params.review:
        workspace.questions.unlink(missing_ok=True)


async def _find_waiting(workspace: Workspace, params: BuildParams) -> list[Chain]:
    """Return the chains nobody has said anything of, and write down that they wait."""
    async with open_stages_of(workspace, params, last=False) as stages:
        context = stages.context
        rows = policies(chosen(load_taxonomy(), params.categories))
        receipts = await make_blocks(stages, context.params, rows, until="chains")
        found = await context.store.rows(Chain, receipts)
        waiting = [chain for chain in found if chain.id not in context.people.chains]
    questions = Questions(
        chains=tuple(chain.id for chain in waiting),
        receipts=tuple(receipt.key for receipt in receipts),
        run=str(flow_run.id) if deployment.id else None,
        api=PREFECT_API_URL.value() or "",
    )
    save_questions(workspace.questions, questions)
    return waiting


class Answer(RunInput):
    """What the form asks for; which chains there are to leave out, each form says itself."""

    reject: list[str] = Field(default=[])
    others: Literal["accept", "ask again"] = Field(
        default="accept", title="All Others", description="Keep them, or ask about them once more"
    )


async def _pause(waiting: Sequence[Chain], turn: int) -> Answer:
    """Return what was said in the form that the run's page shows."""
    get_run_logger().info("%d chains wait for a person's word", len(waiting))
    return await apause_flow_run(
        wait_for_input=_form(waiting),
        timeout=_TIMEOUT_S,
        poll_interval=_POLL_S,
        # another one for each time it is asked: a pause that was there is passed over
        key=f"chains-{flow_run.run_count}-{turn}",
    )


def _form(waiting: Sequence[Chain]) -> type[Answer]:
    labels: Any = Literal[tuple(_label(chain) for chain in waiting)]
    about: Any = Field(default=[], title="Leave Out", description="Chains that nothing is made of")
    form: type[Answer] = create_model("Chains", __base__=Answer, reject=(list[labels], about))
    return form.with_initial_data(description=_describe(waiting))


def _label(chain: Chain) -> str:
    return f"{chain.id} · {chain.subcategory}: {' → '.join(chain.capabilities)}"


def _describe(waiting: Sequence[Chain]) -> str:
    """Return the chains as a list; what is masked elsewhere is masked here."""
    shown = [masked_row(chain) for chain in waiting]
    head = (
        f"**{len(shown)} chains** wait for your word. What you leave out, and what hangs on it, is"
        " in no version.\n"
    )
    lines = [
        f"- {each.category} / {each.subcategory}: **{' → '.join(each.capabilities)}**."
        f" {each.explanation} (`{each.id}`)"
        for each in shown
    ]
    return "\n".join([head, *lines])


async def _store(workspace: Workspace, waiting: Sequence[Chain], answer: Answer) -> None:
    rejected = set(answer.reject)
    async with wait_for(workspace):
        with Store.open(store_url(workspace)) as store:
            for chain in waiting:
                if _label(chain) in rejected:
                    await store.save_review(review_chain(chain, "reject"))
                elif answer.others == "accept":
                    await store.save_review(review_chain(chain, "accept"))


async def resume(run: str) -> None:
    """Let a waiting run look at what is in the store by now; what is not there it asks again.

    Raises:
        NotWaitingError: its server does not answer, or it waits no longer.
    """
    try:
        async with get_client() as client:
            await client.resume_flow_run(UUID(run), run_input={"others": "ask again"})
    except (PrefectException, httpx.HTTPError) as exc:
        raise NotWaitingError(
            f"the run {run} can't be told ({type(exc).__name__}); what you said is stored: resume"
            " it in the Prefect UI, or start the build again"
        ) from exc
