"""The tiny audited version, and its card."""

from collections.abc import Callable, Sequence

import pytest

from schemas.results import Manifest
from schemas.rows import Audit
from tasks.card.layout import VERSION_FOLDER, Layout
from tasks.card.rendering import render_card
from tasks.formats.versions import Version
from tasks.plots.drawing import Plot
from tests.tasks.report.conftest import audited, command, publish, secret, version

__all__ = ["audited", "command", "publish", "secret", "version"]

Render = Callable[..., str]


@pytest.fixture
def manifest(audited: Version) -> Manifest:
    """Return the manifest of the tiny version."""
    return audited.manifest


@pytest.fixture
def audit(audited: Version) -> Audit:
    """Return its audit."""
    (found,) = audited.rows(Audit)
    return found


@pytest.fixture
def render(manifest: Manifest, audit: Audit) -> Render:
    """Return what renders its card, with other facts in the manifest."""

    def card(plots: Sequence[Plot] = (), layout: Layout = VERSION_FOLDER, **facts: object) -> str:
        return render_card(manifest.model_copy(update=facts), audit, plots, layout)

    return card
