"""Who and what takes part in an evaluation, and the name that stands for all of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas.base import JsonObject
from schemas.calls import Role
from schemas.endpoints import Endpoint, Weighted
from schemas.errors import BadInputError
from schemas.evaluations import EvaluationParams, Model
from schemas.ids import digest
from schemas.param_checks import cross_check
from schemas.params import BuildParams
from schemas.rows import Response
from schemas.suggestions import suggest
from tasks.doors.llm import endpoint_identity
from tasks.evaluating.asking import PROMPT, STAGE
from tasks.evaluating.guard import PROMPT as GUARD_PROMPT
from tasks.evaluating.guard import REFUSAL
from tasks.evaluating.made_with import build_of
from tasks.formats.versions import Version
from tasks.panel import Panel
from tasks.specs import models_of, prompt_refs
from tasks.staging import Staging
from tasks.world import world_code

RULES = 1  # raise it when outcomes or figures are read in another way
NAME_DIGITS = 12
# by what they are, not by what they are called
_TOLD_APART = {"version", "endpoints", "baselines", "judges", "guard", "endpoint", "against"}


@dataclass(frozen=True, slots=True)
class Setting:
    """An evaluation before it begins; `build` are the parameters that its calls go by."""

    version: Version
    params: EvaluationParams
    build: BuildParams
    staging: Staging
    panel: Panel
    models: Mapping[str, str]  # identity by name, first the one that is evaluated
    taking_part: tuple[Model, ...]
    identity: JsonObject

    @property
    def rehearsal(self) -> bool:
        """Whether the embedded model takes part, or made the rows."""
        return self.version.manifest.rehearsal or any(m.rehearsal for m in self.taking_part)

    @property
    def name(self) -> str:
        """What the evaluation is called: digits of its identity, marked if it is a rehearsal."""
        return f"{'rehearsal-' if self.rehearsal else ''}{digest(self.identity)[:NAME_DIGITS]}"

    @property
    def judges(self) -> str:
        """What stands for all that decides the panel's word."""
        return digest(self.identity["judges"])


def settle(version: Version, asked: EvaluationParams, build: BuildParams | None = None) -> Setting:
    """Return who takes part in an evaluation; `build` has the models, else the version does.

    What the rows were made with stays: seed, tools, and what happens in their worlds.

    Raises:
        BadInputError: a model, a judge or the guard is not known.
        WorkspaceError: this release can't read the version's parameters.
    """
    own = build_of(version)
    given = (build or own).model_copy(update={"seed": own.seed, "tools": own.tools})
    known = {each.name: each for each in (*given.endpoints, *asked.endpoints)}
    evaluated = asked.endpoint or given.roles.responder[0].endpoint
    names = tuple(name for name in (evaluated, asked.against) if name)
    params = asked.model_copy(
        update={"endpoint": evaluated, "version": version.name, "endpoints": ()}
    )
    _check(names, known, given, asked)
    playing = _with_roles(given, known, names, asked)
    return Setting(
        version=version,
        params=params,
        build=playing,
        staging=Staging.model_validate(
            {"seed": own.seed} | own.responses.model_dump(exclude={"step_limit", "temperature"})
        ),
        panel=Panel(
            given.validation.panel, given.validation.full_panel_share,
            given.validation.temperature, own.seed, given.epoch_of(STAGE),
        ),
        models={name: endpoint_identity(known[name], playing) for name in names},
        taking_part=tuple(_taking_part(playing, known, names, _responders(version), asked)),
        identity=_identity(version, params, playing, own, names, known),
    )  # fmt: skip


def _check(
    names: Sequence[str],
    known: Mapping[str, Endpoint],
    given: BuildParams,
    asked: EvaluationParams,
) -> None:
    for name in (*names, *asked.judges, *([asked.guard] if asked.guard else [])):
        if name not in known:
            msg = (
                f"no endpoint {name!r} in the parameters{suggest(name, sorted(known))}; declare it"
                f" with --endpoint {name}=MODEL@URL or in the file of --params"
            )
            raise BadInputError(msg)
    if len(set(names)) < len(names):
        raise BadInputError(f"--against names {names[0]!r}, which is the endpoint itself")
    if "guard" in asked.baselines and not (asked.guard or given.roles.guard):
        raise BadInputError("no guard: name the endpoint that is one, with --guard NAME")


def _with_roles(
    given: BuildParams,
    known: Mapping[str, Endpoint],
    names: Sequence[str],
    asked: EvaluationParams,
) -> BuildParams:
    """Return parameters in which nobody plays a role who is not asked."""
    simulated = bool(given.tools and given.tools.simulated)
    models, roles = _entries(names), given.roles
    playing = {
        "generator": models,
        "planner": models,
        "responder": models,
        "judge": _entries(asked.judges) or roles.judge,
        "simulator": roles.of("simulator") if simulated else (),
        "guard": _entries([asked.guard] if asked.guard else []) or roles.guard,
    }
    update = {"endpoints": (*known.values(),), "roles": roles.model_copy(update=playing)}
    params = given.model_copy(update=update)
    if lines := [f"{path}: {what}" for path, what in cross_check(params)]:
        raise BadInputError("\n".join(lines))
    return params


def _entries(names: Sequence[str]) -> tuple[Weighted, ...]:
    return tuple(Weighted(endpoint=name) for name in names)


def _responders(version: Version) -> frozenset[str]:
    """Return the endpoints by whose answers a version's rows were selected."""
    found = version.query([Response.table], f"SELECT DISTINCT endpoint FROM {Response.table}")
    return frozenset(str(record["endpoint"]) for record in found)


def _taking_part(
    params: BuildParams,
    known: Mapping[str, Endpoint],
    names: Sequence[str],
    responders: frozenset[str],
    asked: EvaluationParams,
) -> Sequence[Model]:
    found = [_model(known[name], "evaluated", responders) for name in names]
    found += [_model(known[e.endpoint], "judge") for e in params.roles.judge]
    guards = params.roles.guard if "guard" in asked.baselines else ()
    return [*found, *(_model(known[e.endpoint], "guard") for e in guards)]


def _model(endpoint: Endpoint, role: str, responders: frozenset[str] = frozenset()) -> Model:
    return Model.model_validate(
        {
            "name": endpoint.name,
            "model": endpoint.model,
            "revision": endpoint.revision,
            "role": role,
            "rehearsal": endpoint.is_rehearsal,
            "responder": endpoint.name in responders,
        }
    )


def _identity(
    version: Version,
    params: EvaluationParams,
    playing: BuildParams,
    own: BuildParams,
    names: Sequence[str],
    known: Mapping[str, Endpoint],
) -> JsonObject:
    """Return all that what is found depends on."""
    validation = playing.validation
    baselines: JsonObject = {}
    if "prompt" in params.baselines:
        baselines["prompt"] = list(prompt_refs([PROMPT]))
    if "guard" in params.baselines:
        baselines["guard"] = [*prompt_refs([GUARD_PROMPT]), REFUSAL, *_models(playing, "guard")]
    return {
        "rules": RULES,
        "version": version.manifest.digest,
        "asked": params.model_dump(mode="json", exclude=_TOLD_APART),
        "models": [endpoint_identity(known[name], playing) for name in names],
        "baselines": baselines,
        "judges": [
            *_models(playing, "judge"), *prompt_refs([f"answer-{s}" for s in validation.panel]),
            validation.full_panel_share, validation.temperature,
        ],
        "simulation": [*_models(playing, "simulator"), playing.simulation.temperature],
        "responses": own.responses.model_dump(mode="json"),
        "seed": own.seed,
        "world": world_code(own.tools),
        "retry_epoch": playing.epoch_of(STAGE),
    }  # fmt: skip


def _models(params: BuildParams, role: Role) -> list[str]:
    return [f"{each.identity} {each.weight:g}" for each in models_of(params, role)]
