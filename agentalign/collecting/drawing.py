"""Says what was removed, or would be."""

from collections.abc import Iterator

from agentalign.collecting.collect import Collected


def draw_collected(found: Collected) -> str:
    """Return what was removed and what stays, in lines."""
    return "\n".join(_lines(found))


def _lines(found: Collected) -> Iterator[str]:
    for name, reasons in found.kept.items():
        yield f"kept     {name}: {', '.join(reasons)}"
    verb = "would go" if found.dry_run else "removed "
    for name in found.gone:
        yield f"{verb} {name}"
    yield f"{verb} {found.versions.count:,} versions, {found.versions.size:,} bytes"
    yield (
        f"{verb} {found.answers.count:,} answers and {found.rows:,} rows that only they needed,"
        f" with room that was free in the store {found.answers.size:,} bytes"
    )
    yield f"{verb} {found.results.count:,} results of stages, {found.results.size:,} bytes"
    yield f"{verb} {found.old.count:,} old logs and copies of the store, {found.old.size:,} bytes"
    if not found.own_store:
        yield "the store is not the workspace's own (AGENTALIGN_STORE_URL): it was left alone"
    yield f"{found.size:,} bytes in all"
