"""What an evaluation comes to once all rows were asked."""

from collections.abc import Sequence
from datetime import UTC, datetime

from schemas.evaluations import Evaluation, Outcome
from schemas.ids import rank
from schemas.rows import Plan
from schemas.version import code_version
from tasks.evaluating.asking import is_transient
from tasks.evaluating.cases import Case, Drawn
from tasks.evaluating.figures import Drawing, columns_of, pairs_of
from tasks.evaluating.setting import Setting
from tasks.formats.versions import Version
from tasks.world import world_code


def conclude(setting: Setting, drawn: Drawn, outcomes: Sequence[Outcome]) -> Evaluation:
    """Return the evaluation; `files` is filled in once they are written."""
    drawing = Drawing(setting.panel.seed, setting.params.resamples)
    columns = columns_of(outcomes, drawing)
    manifest, world = setting.version.manifest, world_code(setting.build.tools)
    return Evaluation(
        name=setting.name,
        version=manifest.version,
        version_digest=manifest.digest,
        rehearsal=setting.rehearsal,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        code_version=code_version(),
        params=setting.params,
        models=setting.taking_part,
        world=world,
        same_world=_made_in(setting.version, drawn.cases) in ("", world),
        rows=len(drawn.cases),
        chains=len({case.job.request.chain for case in drawn.cases}),
        left_out=dict(drawn.left_out),
        columns=columns,
        pairs=pairs_of(outcomes, columns, drawing),
        transient=sum(map(is_transient, outcomes)),
        identity=setting.identity,
    )


def draw_samples(cases: Sequence[Case], seed: int) -> frozenset[str]:
    """Return a row of every kind of conversation, always the same ones."""
    by_place: dict[str, str] = {}
    for case in sorted(cases, key=lambda case: rank(seed, "sample", case.row)):
        by_place.setdefault(case.place, case.row)
    return frozenset(by_place.values())


def _made_in(version: Version, cases: Sequence[Case]) -> str:
    """Return the code of the world that a version's tasks were carried out in; empty if none."""
    plans = version.rows(Plan, "binding", sorted({case.job.binding.id for case in cases[:1]}))
    return plans[0].execution.world_code if plans else ""
