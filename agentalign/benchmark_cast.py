"""Who takes part in a run of a benchmark: the model, the package's judges, and our own panel."""

from collections.abc import Iterator
from dataclasses import dataclass

from schemas.benchmark_runs import Player
from schemas.endpoints import Endpoint, Weighted
from schemas.errors import BadInputError
from schemas.params import BuildParams
from schemas.suggestions import suggest


@dataclass(frozen=True, slots=True)
class Cast:
    """Who takes part, by role: names of endpoints. `panel` may be empty."""

    evaluated: str
    panel: tuple[str, ...] = ()
    refusal_judge: str = ""
    semantic_judge: str = ""

    def named(self) -> Iterator[tuple[str, str]]:
        """Yield each role that is played, with the endpoint's name."""
        yield "evaluated", self.evaluated
        for role in ("refusal_judge", "semantic_judge"):
            if name := getattr(self, role):
                yield role, name
        yield from (("judge", name) for name in self.panel)


def cast_in(params: BuildParams, cast: Cast) -> BuildParams:
    """Return parameters in which nobody plays a role who takes no part.

    Raises:
        BadInputError: an endpoint is not known.
    """
    known = {endpoint.name: endpoint for endpoint in params.endpoints}
    for _, name in cast.named():
        if name not in known:
            msg = (
                f"no endpoint {name!r} in the parameters{suggest(name, sorted(known))}; declare it"
                f" with --endpoint {name}=MODEL@URL or in the file of --params"
            )
            raise BadInputError(msg)
    one = (Weighted(endpoint=cast.evaluated),)
    judges = tuple(Weighted(endpoint=name) for name in cast.panel) or one
    roles = {"generator": one, "planner": one, "responder": one, "judge": judges,
             "simulator": (), "guard": ()}  # fmt: skip
    names = {name for _, name in cast.named()}
    return params.model_copy(
        update={
            "roles": params.roles.model_copy(update=roles),
            "endpoints": tuple(each for each in params.endpoints if each.name in names),
        }
    )


def all_playing(params: BuildParams) -> BuildParams:
    """Return parameters in which every endpoint plays: keys are resolved of those that do."""
    everyone = tuple(Weighted(endpoint=each.name) for each in params.endpoints)
    roles = params.roles.model_copy(update={"generator": everyone})
    return params.model_copy(update={"roles": roles})


def players_of(params: BuildParams, cast: Cast) -> tuple[Player, ...]:
    """Return who takes part, as a report tells of them."""
    by_name = {endpoint.name: endpoint for endpoint in params.endpoints}
    return tuple(_player(by_name[name], role) for role, name in cast.named())


def say_model(params: BuildParams, name: str) -> str:
    """Return which model an endpoint is: its name there, and its revision if it has one."""
    endpoint = next(each for each in params.endpoints if each.name == name)
    return " ".join(filter(None, (endpoint.model, endpoint.revision)))


def say_panel(params: BuildParams, cast: Cast) -> str:
    """Return who gives our own verdicts, as the end of a label."""
    panel = ", ".join(say_model(params, name) for name in cast.panel)
    return f", by rules and a panel of {panel}" if panel else ", by rules alone"


def _player(endpoint: Endpoint, role: str) -> Player:
    return Player.model_validate(
        {
            "name": endpoint.name,
            "model": endpoint.model,
            "revision": endpoint.revision,
            "role": role,
            "rehearsal": endpoint.is_rehearsal,
        }
    )
