"""The parameters a version was made with, as those of another run."""

from pydantic import ValidationError

from schemas.errors import WorkspaceError
from schemas.params import BuildParams, Limits, Workers
from tasks.formats.versions import Version


def build_of(version: Version) -> BuildParams:
    """Return the parameters a version was made with, but for what is of that machine and run.

    Raises:
        WorkspaceError: this release can't read them.
    """
    try:
        params = BuildParams.model_validate(version.manifest.params)
    except ValidationError as exc:
        msg = f"{version.name}: its parameters can't be read by this release; build it again"
        raise WorkspaceError(msg) from exc
    balance = params.balance.model_copy(update={"benchmarks": ()})
    fresh = {"balance": balance, "limits": Limits(), "workers": Workers(), "retry_epoch": 0,
             "retry_epochs": {}, "reviews": {}}  # fmt: skip
    return params.model_copy(update=fresh)
