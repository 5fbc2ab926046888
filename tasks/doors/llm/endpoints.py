"""Who an endpoint is, and which one is asked for an item."""

import math
from collections.abc import Sequence

from schemas.endpoints import Endpoint, Weighted
from schemas.ids import canonical_json, digest
from schemas.params import BuildParams
from tasks.rehearsal import identity


def endpoint_identity(endpoint: Endpoint, params: BuildParams) -> str:
    """Return what of an endpoint is in every key: name, model and revision, not URL or key.

    The embedded model is its code, its defects, its seed and what it knows of tools as well.
    """
    declared = [endpoint.name, endpoint.model, endpoint.revision]
    if endpoint.is_rehearsal:
        own = params.tools.digest if params.tools else ""
        declared.append(identity(params.rehearsal, own))
    return canonical_json(declared).decode()


def rank_endpoints(entries: Sequence[Weighted], role: str, item: str) -> tuple[str, ...]:
    """Return a role's endpoints, first the one that is asked for the item.

    Weighted rendezvous hashing: adding or re-weighting one moves only its own share.
    """
    if len(entries) == 1:
        return (entries[0].endpoint,)
    ranked = sorted(entries, key=lambda entry: _distance(entry, role, item))
    return tuple(entry.endpoint for entry in ranked)


def _distance(entry: Weighted, role: str, item: str) -> float:
    drawn = (int(digest(role, item, entry.endpoint)[:13], 16) + 1) / (16**13 + 1)
    return -math.log(drawn) / entry.weight
