import io

from rich.console import Console

from agentalign.summary import print_summary
from schemas.results import BuildResult
from tasks.formats.versions import Version


def summarise(result: BuildResult, version: Version, folder: str = "workspace") -> str:
    """Return what the summary prints."""
    output = io.StringIO()
    print_summary(result, version, Console(file=output, width=120), folder)
    return output.getvalue()


def test_the_summary_says_all_a_user_needs(result: BuildResult, version: Version) -> None:
    """Rows, yields with reasons, a row per intent, version, calls and what comes next."""
    text = summarise(result, version)
    for part in (
        "borderline", "privacy", "2 malformed", "cached", "harmful · refusal · test",
        version.name, str(version.folder), "9 made, 1 from the cache, 0 failed",
        "Short of its targets: 3 of benign", "agentalign sample", "agentalign lineage ROW_ID",
    ):  # fmt: skip
        assert part in text, part


def test_the_summary_masks_harmful_requests(
    result: BuildResult, version: Version, secret: str
) -> None:
    """The sample of the harmful intent shows no request."""
    text = summarise(result, version)
    assert secret not in text
    assert "masked: harmful request" in text


def test_a_rehearsal_is_told_how_to_become_real(result: BuildResult, version: Version) -> None:
    """The parameters for a real endpoint are printed as YAML that loads."""
    text = summarise(result, version, "elsewhere")
    assert "api_key_env: MY_API_KEY" in text
    assert "agentalign build --params mine.yaml --workspace elsewhere" in text


def test_the_printed_parameters_load() -> None:
    """What the summary tells a user to write is accepted."""
    import yaml

    from agentalign.summary import _REAL_ENDPOINT
    from schemas.settings import load_params

    endpoints = yaml.safe_load(_REAL_ENDPOINT)
    sets = [f"{name}={yaml.safe_dump(value, default_flow_style=True)}" for name, value in
            endpoints.items()]  # fmt: skip
    params = load_params("smoke", None, sets)
    assert not params.is_rehearsal
