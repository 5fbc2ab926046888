"""All that differs between two versions."""

from dataclasses import asdict, dataclass

from agentalign.diffing.figures import Moved, moved_figures
from agentalign.diffing.joined import Joined, open_joined
from agentalign.diffing.pairs import Pair, draw_pairs
from agentalign.diffing.rows import Rows, compare_rows
from agentalign.diffing.verdicts import Flip, find_flips
from agentalign.gate import gate_of
from agentalign.parameters import Differing, differing_params
from schemas.rows import Instruction
from tasks.formats.versions import Version


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs, from `before` to `after`."""

    before: Version
    after: Version
    params: tuple[Differing, ...]
    prompts: tuple[Differing, ...]  # name@hash of those that requests were written with
    code: Differing | None
    rows: Rows
    flips: tuple[Flip, ...]
    figures: tuple[Moved, ...]
    new_warnings: tuple[str, ...]
    gone_warnings: tuple[str, ...]
    pairs: tuple[Pair, ...]


def compare(before: Version, after: Version, *, sample: int, reveal: bool) -> Difference:
    """Return what differs between two versions; sampled texts are masked unless `reveal`.

    Args:
        before: a version.
        after: another one.
        sample: how many changed rows to show side by side.
        reveal: whether harmful texts show.

    Raises:
        WorkspaceError: a table of one is damaged.
    """
    one, other = before.manifest, after.manifest
    with open_joined(before, after) as joined:
        rows, flips = compare_rows(joined), find_flips(joined)
        prompts = _prompts(joined)
    return Difference(
        before=before,
        after=after,
        params=differing_params(one.params, other.params),
        prompts=prompts,
        code=_code(one.code_version, other.code_version),
        rows=rows,
        flips=flips,
        figures=moved_figures(one, other),
        new_warnings=tuple(w for w in gate_of(other).warnings if w not in one.warnings),
        gone_warnings=tuple(w for w in gate_of(one).warnings if w not in other.warnings),
        pairs=draw_pairs(before, after, rows.changed, sample, reveal=reveal),
    )


def _code(before: str, after: str) -> Differing | None:
    return Differing("code_version", before, after) if before != after else None


def _prompts(joined: Joined) -> tuple[Differing, ...]:
    """Return the prompts of which the two used other texts; None where one used it not at all."""
    split = "split_part(prompt, '@', 1) AS name, split_part(prompt, '@', 2) AS hash"
    found = joined.query(
        Instruction.table,
        f"""SELECT name, one, other FROM
            (SELECT name, string_agg(hash, ' ' ORDER BY hash) AS one
             FROM (SELECT DISTINCT {split} FROM before) GROUP BY name)
            FULL JOIN (SELECT name, string_agg(hash, ' ' ORDER BY hash) AS other
             FROM (SELECT DISTINCT {split} FROM after) GROUP BY name) USING (name)
            WHERE one IS DISTINCT FROM other ORDER BY name""",
    )
    return tuple(Differing(*(v if v is None else str(v) for v in values)) for values in found)  # type: ignore[arg-type]


def difference_object(found: Difference) -> dict[str, object]:
    """Return what differs as one JSON object."""
    return {
        "before": found.before.name,
        "after": found.after.name,
        "params": _sides(found.params),
        "prompts": _sides(found.prompts),
        "code_version": [found.code.before, found.code.after] if found.code else None,
        "rows": {
            "same": found.rows.same,
            "added": list(found.rows.added),
            "removed": list(found.rows.removed),
            "changed": [asdict(row) for row in found.rows.changed],
            "fields": dict(found.rows.fields().most_common()),
        },
        "verdicts": [asdict(flip) for flip in found.flips],
        "figures": _sides(found.figures),
        "warnings": {"new": list(found.new_warnings), "gone": list(found.gone_warnings)},
        "sample": [
            {
                "slot": pair.slot,
                "fields": list(pair.fields),
                "before": pair.before.model_dump(mode="json"),
                "after": pair.after.model_dump(mode="json"),
            }
            for pair in found.pairs
        ],
    }


def _sides(found: tuple[Differing, ...] | tuple[Moved, ...]) -> dict[str, list[object]]:
    return {each.name: [each.before, each.after] for each in found}
