"""Where things lie in a workspace."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Workspace:
    """One folder with everything a build makes. Paths only; nothing is created here."""

    root: Path

    @property
    def store_url(self) -> str:
        """The store's default URL."""
        return f"duckdb:///{self.root / 'store.duckdb'}"

    @property
    def journal(self) -> Path:
        """Folder of journal segments: answers not yet in the store."""
        return self.root / "journal"

    @property
    def endpoints(self) -> Path:
        """The file of what was found out of each endpoint."""
        return self.root / "endpoints.json"

    @property
    def pilot(self) -> Path:
        """What the last pilot measured."""
        return self.root / "pilot.json"

    @property
    def reviews(self) -> Path:
        """The file of reviews that wait to be taken into the store."""
        return self.root / "reviews.jsonl"

    @property
    def questions(self) -> Path:
        """The file of the chains that wait for a person's word."""
        return self.root / "chains-to-review.json"

    @property
    def versions(self) -> Path:
        """Folder of immutable dataset versions."""
        return self.root / "versions"

    @property
    def aliases(self) -> Path:
        """The log of which alias was moved to which version."""
        return self.root / "aliases.jsonl"

    @property
    def reports(self) -> Path:
        """Folder of pages about versions."""
        return self.root / "reports"

    @property
    def evaluations(self) -> Path:
        """Folder of evaluations, each an immutable folder of its own."""
        return self.root / "evaluations"

    @property
    def prefect_home(self) -> Path:
        """Prefect's home: its database and settings."""
        return self.root / "prefect"

    @property
    def results(self) -> Path:
        """Prefect's result storage, the stage cache."""
        return self.root / "prefect" / "storage"

    @property
    def mlflow_uri(self) -> str:
        """The MLflow tracking URI."""
        return f"sqlite:///{self.root / 'mlflow' / 'mlflow.db'}"

    @property
    def mlflow_artifacts(self) -> Path:
        """Folder of MLflow artifacts."""
        return self.root / "mlflow" / "artifacts"

    @property
    def logs(self) -> Path:
        """Folder of log files."""
        return self.root / "logs"

    @property
    def lineage(self) -> Path:
        """The file of OpenLineage events, where no backend is configured."""
        return self.root / "lineage" / "events.jsonl"

    @property
    def lock(self) -> Path:
        """The file whose flock a build holds."""
        return self.root / "build.lock"


def place_of(folder: str) -> Workspace:
    """Return the workspace in a folder, given as users give it."""
    return Workspace(Path(folder).expanduser().resolve())


def store_url(workspace: Workspace) -> str:
    """Return where a workspace's store is: `AGENTALIGN_STORE_URL`, or its own file."""
    return os.environ.get("AGENTALIGN_STORE_URL") or workspace.store_url
