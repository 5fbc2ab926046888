"""What a dataset is made of, under which licences, in the hub's words for them."""

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.results import Manifest
from schemas.third_party import ForeignFile

OWN_LICENCE = "Apache-2.0"
# those of the hub's list that datasets come under; it takes any other as `other`
_ON_THE_HUB = frozenset({
    "apache-2.0", "mit", "unlicense", "bsd-2-clause", "bsd-3-clause", "mpl-2.0", "gpl-3.0",
    "lgpl-3.0", "agpl-3.0", "cc0-1.0", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0",
    "cc-by-nc-4.0", "cc-by-nc-sa-4.0", "cc-by-nc-nd-4.0", "cc-by-nd-4.0", "odbl", "odc-by", "pddl",
    "cdla-permissive-1.0", "cdla-permissive-2.0", "cdla-sharing-1.0",
})  # fmt: skip
_OTHER_WORDS = {"odbl-1.0": "odbl", "odc-by-1.0": "odc-by", "pddl-1.0": "pddl"}


@dataclass(frozen=True, slots=True)
class Source:
    """Where rows come from; `licence` is its SPDX name, empty where nobody stated one."""

    name: str
    licence: str
    rows: int
    files: tuple[ForeignFile, ...] = ()  # that they were read from


def sources_of(manifest: Manifest) -> list[Source]:
    """Return where a version's rows come from, our own making first."""
    foreign = [
        Source(each.name, each.licence, each.rows, each.files)
        for each in manifest.sources
        if each.rows
    ]
    own = sum(count for name, count in manifest.rows.items() if name != "third_party")
    return [Source("AgentAlign, own rows", OWN_LICENCE, own), *foreign]


def hub_licences(sources: Sequence[Source]) -> list[str]:
    """Return the hub's names of the licences of sources, each once."""
    return list(dict.fromkeys(hub_licence(source.licence) for source in sources))


def hub_licence(spdx: str) -> str:
    """Return the hub's name of a licence: `other` if it has none, `unknown` if none is stated."""
    name = spdx.lower()
    name = _OTHER_WORDS.get(name, name)
    if not name:
        return "unknown"
    return name if name in _ON_THE_HUB else "other"
