from collections import Counter

from schemas.endpoints import Endpoint, Weighted
from schemas.params import BuildParams, Rehearsal
from tasks.doors.llm import endpoint_identity
from tasks.doors.llm.endpoints import rank_endpoints

ITEMS = [f"row-{n}" for n in range(3000)]


def draw(*entries: Weighted) -> dict[str, str]:
    return {item: rank_endpoints(entries, "generator", item)[0] for item in ITEMS}


def test_identity_is_name_model_and_revision() -> None:
    """Where an endpoint is reached and with which key does not change who it is."""
    here = Endpoint(name="one", model="m", base_url="http://here.example/v1", api_key_env="A")
    there = here.model_copy(update={"base_url": "http://there.example/v1", "api_key_env": "B"})
    revised = here.model_copy(update={"revision": "2"})
    plain = BuildParams()
    other = BuildParams(rehearsal=Rehearsal(seed=1))
    assert endpoint_identity(here, plain) == endpoint_identity(there, other)
    assert endpoint_identity(here, plain) != endpoint_identity(revised, plain)


def test_embedded_model_is_its_behaviour_as_well() -> None:
    """Another seed or defect makes the embedded model another one."""
    embedded = Endpoint(name="one", model="m")
    kinds = [Rehearsal(), Rehearsal(seed=1), Rehearsal(defects={"bad_json": 0.1})]
    runs = [BuildParams(rehearsal=kind) for kind in kinds]
    assert len({endpoint_identity(embedded, params) for params in runs}) == 3


def test_weights_are_shares() -> None:
    """An endpoint of twice the weight is drawn for twice as many items."""
    counts = Counter(draw(Weighted(endpoint="a", weight=2), Weighted(endpoint="b")).values())
    assert 0.63 < counts["a"] / len(ITEMS) < 0.70


def test_a_new_endpoint_moves_only_its_share() -> None:
    """Whatever does not go to a new endpoint stays where it was."""
    before = draw(Weighted(endpoint="a", weight=2), Weighted(endpoint="b"))
    after = draw(Weighted(endpoint="c"), Weighted(endpoint="b"), Weighted(endpoint="a", weight=2))
    moved = [item for item in ITEMS if before[item] != after[item]]
    assert {after[item] for item in moved} == {"c"}
    assert 0.2 < len(moved) / len(ITEMS) < 0.3


def test_every_endpoint_is_ranked_once() -> None:
    """The ranking holds all endpoints of the role, for when one refuses."""
    entries = (Weighted(endpoint="a"), Weighted(endpoint="b"), Weighted(endpoint="c"))
    assert sorted(rank_endpoints(entries, "judge", "x")) == ["a", "b", "c"]
