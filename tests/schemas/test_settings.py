from pathlib import Path

import pytest

from schemas.errors import BadInputError
from schemas.params import BuildParams
from schemas.settings import PROFILES, check_params, load_params


def refusal(*sets: str, profile: str = "smoke", file: Path | None = None) -> str:
    """Return the message that these parameters are refused with."""
    with pytest.raises(BadInputError) as caught:
        load_params(profile, file, sets)
    return str(caught.value)


@pytest.mark.parametrize(
    ("profile", "targets"),
    [("smoke", (30, 59, 0)), ("rehearsal", (500, 987, 0)), ("paper", (4956, 9783, 4010))],
)
def test_profiles_have_their_targets(profile: str, targets: tuple[int, int, int]) -> None:
    """Each profile aims at its own counts."""
    balance = load_params(profile).balance
    assert (balance.harmful, balance.benign, balance.third_party) == targets


def test_every_profile_loads() -> None:
    """The profiles that are named are the files that are there."""
    for profile in PROFILES:
        assert load_params(profile).is_rehearsal


def test_smoke_takes_one_subcategory_of_each_category() -> None:
    """The least build still touches all categories."""
    params = load_params("smoke")
    assert params.categories.subcategories_per_category == 1
    assert params.categories.include == ()


def test_later_sources_win(tmp_path: Path) -> None:
    """A file goes over the profile, --set over the file; the rest keeps its value."""
    file = tmp_path / "p.yaml"
    file.write_text("balance: {harmful: 40, benign: 50}\npool: {max_blocks: 3}\n")
    params = load_params("smoke", file, ["balance.harmful=45", "seed=7"])
    assert (params.balance.harmful, params.balance.benign) == (45, 50)
    assert (params.pool.max_blocks, params.pool.chains_per_subcategory) == (3, 2)
    assert params.seed == 7


def test_a_file_gives_mappings_of_names_whole(tmp_path: Path) -> None:
    """Weights in a file replace the default ones; --set adds one to them."""
    file = tmp_path / "p.yaml"
    file.write_text("bindings: {system_prompts: {short: 1}}\n")
    assert load_params("smoke", file).bindings.system_prompts == {"short": 1}
    added = load_params("smoke", None, ["bindings.system_prompts.short=9"])
    assert added.bindings.system_prompts == {"none": 5, "short": 9, "policy": 2}


def test_values_are_yaml() -> None:
    """Lists, nulls and numbers are written as YAML."""
    sets = ["categories.include=[privacy, self_harm]", "limits.max_calls=null"]
    params = load_params("smoke", None, sets)
    assert params.categories.include == ("privacy", "self_harm")
    assert params.limits.max_calls is None


def test_complete_values_are_checked_alone() -> None:
    """Parameters that come from elsewhere pass the same checks."""
    params = BuildParams()
    assert check_params(params.model_dump(mode="json")) == params


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("balance.harmfull=3", "balance.harmfull (--set): unknown key; did you mean 'harmful'?"),
        ("balanc.harmful=3", "balanc (--set): unknown key; did you mean 'balance'?"),
        ("balance.harmful=0", "balance.harmful (--set): 0 has to be greater than or equal to 1"),
        ("seed=-1", "seed (--set): -1 has to be greater than or equal to 0"),
        ("seed=x", "seed (--set): 'x' has to be a valid integer"),
        ("balance=3", "balance (--set): 3 has to be a mapping"),
        ("categories.include=privacy", "'privacy' has to be a list such as [a, b]"),
        ("categories.include=[privcy]", "unknown category 'privcy'; did you mean 'privacy'?"),
        ("categories.exclude=[privcy]", "categories.exclude (--set): unknown category 'privcy'"),
        ("instructions.mode=plan_first", "'plan_first' is not allowed; did you mean 'plan-first'?"),
        ("rehearsal.defects.bad_jso=0.1", "did you mean 'bad_json'?"),
        ("rehearsal.defects.bad_json=3", "3.0 is no share; it has to be from 0 to 1"),
        ("validation.panel=[policy, purpose]", "an odd number of different seats"),
        ("roles.judge=[{endpoint: nobody}]", "roles.judge names no known endpoint: ['nobody']"),
        ("endpoints=[{name: a}]", "endpoints.0.model (--set): is missing"),
        ("endpoints=[{nam: a, model: m}]", "unknown key; did you mean 'name'?"),
        ("bindings.distractors_min=5", "5 is above distractors_max, 4"),
        ("bindings.system_prompts.shor=1", "unknown system prompt; did you mean 'short'?"),
        ("bindings.system_prompts.short=-1", "-1.0 is no weight; it has to be 0 or more"),
        ("bindings.system_prompts={short: 0}", "at least one weight has to be above 0"),
        ("bindings.system_prompts.own=1", "give the text that system_prompts.own stands for"),
        ("balance.harmful", "write it as key=value, e.g. --set balance.harmful=400"),
        ("=3", "write it as key=value"),
        ("seed=[1", "--set seed: the value is not YAML"),
        ("seed.x=1", "'seed' holds no keys of its own"),
    ],
)
def test_a_bad_setting_is_one_line_that_says_what_to_do(entry: str, message: str) -> None:
    """Each mistake names where, what and what is allowed."""
    said = refusal(entry)
    assert message in said
    own = [line for line in said.splitlines() if "endpoints" not in line and "roles" not in line]
    assert len(own) <= 1


def test_all_mistakes_are_told_at_once() -> None:
    """Nobody has to run a build once per mistake."""
    said = refusal("balance.harmful=0", "balance.benign=0", "seeds=1")
    assert len(said.splitlines()) == 3


def test_leaving_no_category_is_refused() -> None:
    """Include and exclude together have to leave something."""
    said = refusal("categories.include=[privacy]", "categories.exclude=[privacy]")
    assert said == "categories.exclude (--set): leaves no category of those included"


def test_endpoints_have_distinct_names_and_a_scheme() -> None:
    """Two endpoints of one name, and an address that is none, are told."""
    twice = "[{name: a, model: m, base_url: ftp://x}, {name: a, model: m}]"
    roles = ", ".join(f"{r}: [{{endpoint: a}}]" for r in ("generator", "judge", "planner"))
    said = refusal(f"endpoints={twice}", f"roles={{{roles}, responder: [{{endpoint: a}}]}}")
    assert "endpoints (--set): the name 'a' is given twice" in said
    assert "'ftp://x' has to start with http:// or https://, or be rehearsal:" in said


def test_an_unknown_profile_names_the_known() -> None:
    """A wrong profile is answered with the right ones."""
    said = refusal(profile="smok")
    assert said == ("unknown profile 'smok'; did you mean 'smoke'? known: smoke, rehearsal, paper")


def test_files_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    """A missing file, one that is no YAML, and one that holds no parameters differ."""
    file = tmp_path / "p.yaml"
    assert refusal(file=file) == f"{file} can't be read: No such file or directory"
    file.write_text("a: [")
    assert f"{file} is not YAML" in refusal(file=file)
    file.write_text("- 1")
    assert "has to hold parameters such as" in refusal(file=file)
    file.write_text("balance: {harmful: 0}")
    assert f"balance.harmful ({file}): 0 has to be" in refusal(file=file)
    file.write_bytes(b"\xff\xfe\xff")
    assert "can't be read" in refusal(file=file)
