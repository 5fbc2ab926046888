"""What the specs of several stages have in common."""

import operator
from collections.abc import Sequence

from pydantic import Field

from schemas.actions import Catalogue
from schemas.base import Declared
from schemas.calls import Role
from schemas.catalogue import load_catalogue, load_taxonomy
from schemas.params import BuildParams
from schemas.prompts import load_prompt
from schemas.rows import Policy
from tasks.doors.cache import Spec
from tasks.doors.llm import endpoint_identity
from tasks.world import world_code


class Model(Declared):
    """A model that plays a role: its endpoint's identity and its weight."""

    identity: str
    weight: float


class CategorySpec(Spec):
    """A stage run over one harm category; `policies` are the policy rows it applies."""

    seed: int
    category: str
    policies: tuple[str, ...]

    @property
    def scope(self) -> str:
        """The category."""
        return self.category


class BlockSpec(CategorySpec):
    """A stage run over block `block` of a category: samples k·B … (k+1)·B of its chains."""

    block: int

    @property
    def scope(self) -> str:
        """The category and the block."""
        return f"{self.category} block {self.block}"


class ReviewedSpec(BlockSpec):
    """A stage run in which people's word outranks judges'.

    Without a review the field is in no key, so that those of builds without one stay.
    """

    reviews: str = Field(default="", exclude_if=operator.not_)


def models_of(params: BuildParams, role: Role) -> tuple[Model, ...]:
    """Return the models of a role, in the order of the parameters."""
    endpoints = {endpoint.name: endpoint for endpoint in params.endpoints}
    return tuple(
        Model(
            identity=endpoint_identity(endpoints[entry.endpoint], params),
            weight=entry.weight,
        )
        for entry in params.roles.of(role)
    )


def catalogue_of(params: BuildParams) -> Catalogue:
    """Return the capabilities and tools of a build."""
    return params.tools.catalogue() if params.tools else load_catalogue()


def prompt_refs(names: Sequence[str]) -> tuple[str, ...]:
    """Return `name@hash` of each prompt."""
    return tuple(load_prompt(name).ref for name in names)


def common(
    params: BuildParams, stage: str, category: str, policies: Sequence[Policy]
) -> dict[str, object]:
    """Return the fields every category's spec has."""
    return {
        "seed": params.seed,
        "retry_epoch": params.epoch_of(stage),
        "category": category,
        "policies": tuple(row.id for row in policies if row.category == category),
    }


SIMULATOR = "simulator"


class WorldSpec(BlockSpec):
    """A stage run whose rows rest on calls in worlds, and on what simulates tools in them."""

    world: str
    simulation: tuple[str, ...]


def world_facts(params: BuildParams) -> dict[str, object]:
    """Return the fields of a `WorldSpec`; who simulates counts only where a tool has no code."""
    simulation: list[str] = []
    if params.tools and params.tools.simulated:
        simulation += prompt_refs([SIMULATOR])
        simulation += [f"{m.identity} {m.weight}" for m in models_of(params, "simulator")]
        simulation.append(str(params.simulation.temperature))
    return {"world": world_code(params.tools), "simulation": tuple(simulation)}


def policy_facts(subcategory: str) -> dict[str, str]:
    """Return a subcategory's policy text as prompts quote it."""
    found = load_taxonomy().subcategory(subcategory)
    return {
        "subcategory": found.name,
        "definition": found.definition,
        "refuse_if": found.refuse_if,
        "allow_if": found.allow_if,
    }
