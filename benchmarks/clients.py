"""The clients that are measured: a raw loop, the engine, and peers in venvs of their own."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
VENVS = HERE.parent / ".bench"
UV = Path(sys.executable).with_name("uv")
PEERS = {
    "plain": ("openai==3.54.0", "pydantic"),
    "curator": ("bespokelabs-curator==0.1.31",),
    "datatrove": ("datatrove==0.10.1", "aiosqlite", "xxhash", "orjson", "httpx", "pydantic"),
}
# curator counts tokens by a table that it would fetch; litellm, in its venv, carries one
TOKENS = "lib/python3.*/site-packages/litellm/litellm_core_utils/tokenizers"
# nothing is reported to anybody, nothing is fetched
QUIET = {
    "TELEMETRY_ENABLED": "false",
    "CURATOR_VIEWER": "0",
    "CURATOR_DISABLE_RICH_DISPLAY": "1",
    "DO_NOT_TRACK": "1",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
}


@dataclass(frozen=True, slots=True)
class Client:
    """A program that takes URL CALLS IN_FLIGHT FOLDER."""

    name: str
    command: tuple[str, ...]


RAW = Client("raw", (sys.executable, "-m", "benchmarks.drivers.raw"))
ENGINE = Client("engine", (sys.executable, "-m", "benchmarks.drivers.engine"))


def prepare_peers() -> list[Client]:
    """Return the peers, each in a venv that is made once; one that can't be made is named."""
    os.environ.update(QUIET)
    return [client for name, packages in PEERS.items() if (client := _prepare(name, packages))]


def _prepare(name: str, packages: tuple[str, ...]) -> Client | None:
    venv, python = VENVS / name, VENVS / name / "bin" / "python"
    ready = venv / ("ready-" + "-".join(packages).replace("/", ""))
    if not ready.exists():
        print(f"making {venv.relative_to(HERE.parent)} for {name}", file=sys.stderr, flush=True)
        if not _install(venv, packages):
            print(f"{name} could not be installed and is left out", file=sys.stderr)
            return None
        ready.touch()
    for tokens in venv.glob(TOKENS):
        os.environ["TIKTOKEN_CACHE_DIR"] = str(tokens)
    return Client(name, (str(python), "-P", str(HERE / "peers" / f"{name}.py")))


def _install(venv: Path, packages: tuple[str, ...]) -> bool:
    python = venv / "bin" / "python"
    commands: tuple[list[str | Path], ...] = (
        [UV, "venv", "--quiet", "--clear", "--python", sys.executable, venv],
        [UV, "pip", "install", "--quiet", "--python", python, *packages],
    )
    return all(subprocess.run(command, check=False).returncode == 0 for command in commands)
