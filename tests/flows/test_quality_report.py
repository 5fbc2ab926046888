from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey

from schemas.errors import BadInputError
from schemas.results import BuildResult, ReportResult
from schemas.workspace import Workspace
from tasks.report.page import MARK


async def write_report(workspace: Path) -> ReportResult:
    from flows.quality_report import write_quality_report

    result: ReportResult = await write_quality_report("", str(workspace))
    return result


async def test_the_page_lies_beside_the_versions_and_is_linked(
    first: BuildResult, workspace: Path
) -> None:
    """The page is written outside of the immutable folder, and the run links it."""
    result = await write_report(workspace)
    page = Path(result.path)
    assert (result.version, page.parent) == (first.version, Workspace(workspace).reports)
    assert MARK in page.read_text("utf-8")
    async with get_client() as client:
        key = ArtifactFilter(key=ArtifactFilterKey(any_=["quality-report"]))
        (artifact, *_) = await client.read_artifacts(artifact_filter=key)
    assert first.version in str(artifact.data)


async def test_another_file_is_not_overwritten(first: BuildResult, workspace: Path) -> None:
    """A file of that name that is no report stays."""
    other = Workspace(workspace).reports / f"{first.version}.html"
    other.parent.mkdir()
    other.write_text("mine")
    with pytest.raises(BadInputError, match="is no report"):
        await write_report(workspace)
    assert other.read_text() == "mine"
