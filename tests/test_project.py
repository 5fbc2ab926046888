"""The project around the code: what is packaged, who imports whom, what may not be named."""

import ast
import itertools
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from schemas.settings import load_params

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PACKAGES: list[str] = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]

LOCKED = re.compile(r"^([a-z0-9.-]+(?:\[[a-z0-9,-]+\])?==\S+)", re.MULTILINE)
# written in pieces, so that this file does not name what it looks for
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:root|home|Users)/" + r"\w")
REGISTRY = re.compile("index" + r"-url|/sim" + r"ple/|py" + r"pi\.org|pythonhosted" + r"\.org")


def tracked() -> list[Path]:
    """Return the files that git tracks, or would after an add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout: what is tracked can't be told")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def mentions(pattern: re.Pattern[str]) -> list[str]:
    """Return `path:line` of every line of a tracked text file that matches."""
    return [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked()
        for number, line in enumerate(path.read_text("utf-8", errors="ignore").splitlines(), 1)
        if pattern.search(line)
    ]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Build the wheel and return the names of its members."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(built).namelist())


def test_wheel_holds_the_declared_packages_alone(wheel: set[str]) -> None:
    """The wheel's folders are the declared packages and its own metadata."""
    folders = {name.partition("/")[0] for name in wheel}
    assert folders - set(PACKAGES) == {f"agentalign-{PROJECT['project']['version']}.dist-info"}
    assert folders >= set(PACKAGES)


def test_wheel_holds_every_file_of_its_packages(wheel: set[str]) -> None:
    """Code and data alike: whatever is tracked in a package is in the wheel."""
    names = {str(path.relative_to(ROOT)) for path in tracked()}
    assert {name for name in names if name.partition("/")[0] in PACKAGES} <= wheel


def test_root_packages_are_those_declared() -> None:
    """What git tracks as importable is packaged and held to the import contracts."""
    found = {path.parent.name for path in tracked() if path.parent.parent == ROOT
             and path.name == "__init__.py"}  # fmt: skip
    assert found == set(PACKAGES)
    assert set(PROJECT["tool"]["importlinter"]["root_packages"]) == set(PACKAGES)


def test_import_contracts_are_kept() -> None:
    """Imports only go down, and only a door imports its library."""
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-logo", "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_test_folders_hold_no_packages() -> None:
    """No test folder has an `__init__.py`: one alone would hide the package it mirrors."""
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_lock_names_no_host_and_hashes_everything() -> None:
    """Every line of the lock is a pinned release, possibly for some platforms, or a hash."""
    text = (ROOT / "requirements.lock").read_text("utf-8")
    entries = text.replace("\\\n", " ").splitlines()
    unsound = [
        entry[:60]
        for entry in entries
        if not LOCKED.match(entry) or "--hash=sha256:" not in entry or "://" in entry
    ]
    assert not unsound


def test_lock_satisfies_what_the_project_asks_for() -> None:
    """The lock holds a fitting release of each dependency and each tool of the dev group."""
    text = (ROOT / "requirements.lock").read_text("utf-8")
    pins = [Requirement(pin) for pin in LOCKED.findall(text)]
    asked = PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"]
    for wanted in map(Requirement, asked):
        found = [
            next(iter(pin.specifier)).version
            for pin in pins
            if canonicalize_name(pin.name) == canonicalize_name(wanted.name)
        ]
        assert found, f"{wanted.name} is not locked: run make lock"
        assert all(wanted.specifier.contains(v) for v in found), f"{wanted}: locked is {found}"


def imported_modules(source: Path) -> set[str]:
    """Return the top-level modules a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


def test_every_imported_library_is_a_dependency() -> None:
    """The packages import nothing that is only there because something else needs it.

    What an extra brings counts: it is imported where it is needed, and missed with a word.
    """
    sources = [
        p for p in tracked() if p.suffix == ".py" and p.relative_to(ROOT).parts[0] in PACKAGES
    ]
    imported = set().union(*map(imported_modules, sources))
    foreign = imported - set(PACKAGES) - sys.stdlib_module_names
    extras = PROJECT["project"]["optional-dependencies"].values()
    asked = [*PROJECT["project"]["dependencies"], *itertools.chain(*extras)]
    declared = {canonicalize_name(Requirement(each).name) for each in asked}
    providers = packages_distributions()
    undeclared = {
        module
        for module in foreign
        if not declared & {canonicalize_name(name) for name in providers.get(module, ())}
    }
    assert undeclared == set()


def test_no_file_names_a_place_on_a_machine() -> None:
    """No tracked file holds a path that exists on somebody's machine alone."""
    assert mentions(MACHINE_PATH) == []
    assert mentions(re.compile(rf"{re.escape(str(ROOT))}(?!\w)")) == []


def test_no_file_names_a_package_registry() -> None:
    """Where packages come from is the machine's own matter."""
    assert mentions(REGISTRY) == []


def test_examples_of_the_readme_are_valid(tmp_path: Path) -> None:
    """Parameters that the README shows can be used as they are; its own models are no rehearsal."""
    text = (ROOT / "README.md").read_text("utf-8")
    params = []
    for number, example in enumerate(re.findall(r"^```yaml\n(.*?)^```", text, re.M | re.S)):
        file = tmp_path / f"{number}.yaml"
        file.write_text(example, "utf-8")
        params.append(load_params(file=file))
    models, other_datasets = params
    assert not models.is_rehearsal
    assert len(other_datasets.third_party.sources) == 2


def test_links_between_documents_lead_somewhere() -> None:
    """Every relative link in a tracked Markdown file names a file or folder that is there."""
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in tracked()
        if page.suffix == ".md"
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]
    assert not broken
