"""What a run of a benchmark works with: who takes part, their keys, and where texts may lie."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from agentalign.benchmark_cast import Cast, all_playing, cast_in
from agentalign.private_folder import open_private_folder
from agentalign.serving import serve_beside
from flows.keys import resolve_keys
from schemas.calls import Request
from schemas.params import BuildParams
from schemas.workspace import Workspace
from tasks.benchmarking.verdicts import STAGE, Judges
from tasks.doors.inspecting.exchange import Reached
from tasks.doors.llm import Engine
from tasks.doors.llm.no_store import NoStore
from tasks.panel import Panel


@dataclass(frozen=True, slots=True)
class Setting:
    """A run before it begins; `folder` goes at its end, with all that is in it."""

    workspace: Workspace
    params: BuildParams
    cast: Cast
    keys: Mapping[str, str]  # by the endpoint's name
    folder: Path

    def engine(self) -> Engine:
        """Return an engine whose calls are kept nowhere, to be opened."""
        journal = self.folder / "journal"
        journal.mkdir(exist_ok=True)
        memory = self.workspace.endpoints
        return Engine(self.params, NoStore(), journal, self.keys, memory=memory)

    def judges(self, engine: Engine) -> Judges | None:
        """Return our panel; None where rules alone read answers."""
        if not self.cast.panel:
            return None
        given, seed = self.params.validation, self.params.seed
        panel = Panel(given.panel, given.full_panel_share, given.temperature, seed)
        return Judges(engine, panel)

    async def greet(self) -> None:
        """Ask each server one thing, so that one that is down ends the run before it begins.

        Raises:
            EndpointError: one can't be reached, refuses the key or does not know the model.
        """
        async with self.engine() as engine:
            for endpoint in self.params.endpoints:
                if not endpoint.is_rehearsal:
                    await engine.ask(_greeting(endpoint.name))

    @contextmanager
    def reached(self) -> Iterator[dict[str, Reached]]:
        """Yield by name how another process reaches the endpoints, the embedded model included."""
        embedded = any(endpoint.is_rehearsal for endpoint in self.params.endpoints)
        with serve_beside(self.params.rehearsal) if embedded else nullcontext("") as url:
            yield {
                endpoint.name: Reached(
                    model=endpoint.model,
                    base_url=url if endpoint.is_rehearsal else endpoint.base_url,
                    api_key=self.keys.get(endpoint.name, ""),
                    timeout_s=endpoint.timeout_s,
                    in_flight=min(endpoint.max_in_flight, self.params.limits.in_flight),
                )
                for endpoint in self.params.endpoints
            }


@contextmanager
def open_setting(workspace: Workspace, params: BuildParams, cast: Cast) -> Iterator[Setting]:
    """Yield the setting of a run. Raises: BadInputError for an endpoint or key that is missing."""
    playing = cast_in(params, cast)
    keys = asyncio.run(resolve_keys(all_playing(playing)))
    with open_private_folder(workspace) as folder:
        yield Setting(workspace, playing, cast, keys, folder)


def _greeting(endpoint: str) -> Request:
    return Request(
        role="responder",
        item=endpoint,
        endpoint=endpoint,
        messages=({"role": "user", "content": "Say OK."},),
        max_tokens=16,
        stage=STAGE,
    )
