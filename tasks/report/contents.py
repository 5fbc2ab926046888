"""All that the page shows of a version, read from its folder alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas.results import Manifest
from schemas.rows import Audit, Mutation
from tasks.formats.versions import Version
from tasks.report.checks import Check, Notice, checks_of, notices
from tasks.report.facts import Fact, of_own, read_facts, says_kinds
from tasks.report.funnel import Drop, Stage, Step, drops_of, stages_of, steps_of
from tasks.report.kinds import Heat, Kind, heat_of, kinds_of, styles_of
from tasks.report.making import Changed, Spent, changed_params, spent_of
from tasks.report.sizes import Size, sizes_of
from tasks.report.talks import Talk, caught_by, talks_of
from tasks.report.usage import Usage, usage_of
from tasks.report.words import load_words
from tasks.report.yields import Yields, yields_of


@dataclass(frozen=True, slots=True)
class Contents:
    """What the page shows, in its order.

    A version of an earlier release may have no audit, and may not say what kinds its rows are of:
    what rests on that is empty.
    """

    manifest: Manifest
    audit: Audit | None
    says_kinds: bool
    revealed: bool
    notices: tuple[Notice, ...]
    checks: tuple[Check, ...]
    chains: int
    steps: tuple[Step, ...]
    stages: tuple[Stage, ...]
    heat: Heat
    kinds: Mapping[str, tuple[Kind, ...]]
    styles: tuple[Kind, ...]
    sizes: tuple[Size, ...]
    usage: Usage
    yields: Yields
    drops: tuple[Drop, ...]
    talks: tuple[Talk, ...]
    changed: tuple[Changed, ...]
    spent: Spent | None


def gather(version: Version, *, reveal: bool) -> Contents:
    """Return what the page shows of a version; harmful texts are masked unless `reveal`.

    Raises:
        WorkspaceError: a table is damaged.
    """
    manifest, audit, facts = version.manifest, _audit(version), read_facts(version)
    checks, said = checks_of(audit) if audit else (), says_kinds(version)
    known: Sequence[Fact] = facts if said else ()
    own = of_own(facts)
    return Contents(
        manifest=manifest,
        audit=audit,
        says_kinds=said,
        revealed=reveal,
        notices=notices(manifest, audit, checks),
        checks=checks,
        chains=len({fact.chain for fact in own}),
        steps=steps_of(audit) if audit else (),
        stages=stages_of(manifest),
        heat=heat_of(manifest.by_intent_and_category),
        kinds=kinds_of(known, manifest.params),
        styles=styles_of(known),
        sizes=sizes_of(facts),
        usage=usage_of(own),
        yields=yields_of(manifest.yields),
        drops=drops_of(manifest, audit, _caught(version)),
        talks=talks_of(version, known, reveal=reveal),
        changed=changed_params(manifest.params),
        spent=spent_of(manifest.account) if manifest.account else None,
    )


def _audit(version: Version) -> Audit | None:
    """Return what the audit found; None if there was none."""
    found = version.rows(Audit)
    return found[0] if found else None


def _caught(version: Version) -> dict[str, tuple[str, ...]]:
    names = "id, subject, kind, reason"
    records = version.records(Mutation.table, names, "caught", ("true",), order="id")
    return caught_by(records, load_words().mutations)
