"""What has to hold between parameters and the data files, beyond each field's own bounds."""

from collections.abc import Callable, Iterator

from schemas.catalogue import load_catalogue, load_system_prompts, load_taxonomy
from schemas.params import BuildParams
from schemas.suggestions import suggest

OWN_PROMPT = "own"


def cross_check(params: BuildParams) -> Iterator[tuple[str, str]]:
    """Yield (path, what is wrong) for what a field's type can't say."""
    for check in _CHECKS:
        yield from check(params)


def _check_categories(params: BuildParams) -> Iterator[tuple[str, str]]:
    known = [category.name for category in load_taxonomy().categories]
    for field in ("include", "exclude"):
        for name in getattr(params.categories, field):
            if name not in known:
                yield f"categories.{field}", f"unknown category {name!r}{suggest(name, known)}"
    kept = set(params.categories.include or known) - set(params.categories.exclude)
    if not kept:
        yield "categories.exclude", "leaves no category of those included"


def _check_bindings(params: BuildParams) -> Iterator[tuple[str, str]]:
    bindings = params.bindings
    if bindings.distractors_min > bindings.distractors_max:
        most, least = bindings.distractors_max, bindings.distractors_min
        yield "bindings.distractors_min", f"{least} is above distractors_max, {most}"
    known = [*(prompt.name for prompt in load_system_prompts()), OWN_PROMPT]
    for name, weight in bindings.system_prompts.items():
        path = f"bindings.system_prompts.{name}"
        if name not in known:
            yield path, f"unknown system prompt{suggest(name, known)}"
        elif not 0 <= weight < float("inf"):
            yield path, f"{weight} is no weight; it has to be 0 or more"
    if not any(weight > 0 for weight in bindings.system_prompts.values()):
        yield "bindings.system_prompts", "at least one weight has to be above 0"
    if bindings.system_prompts.get(OWN_PROMPT, 0) > 0 and not bindings.own_system_prompt:
        yield "bindings.own_system_prompt", "give the text that system_prompts.own stands for"


def _check_defects(params: BuildParams) -> Iterator[tuple[str, str]]:
    for kind, rate in params.rehearsal.defects.items():
        if not 0 <= rate <= 1:
            yield f"rehearsal.defects.{kind}", f"{rate} is no share; it has to be from 0 to 1"


def _check_endpoints(params: BuildParams) -> Iterator[tuple[str, str]]:
    names = [endpoint.name for endpoint in params.endpoints]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield "endpoints", f"the name {name!r} is given twice"
    for place, endpoint in enumerate(params.endpoints):
        if not endpoint.base_url.startswith(("rehearsal:", "http://", "https://")):
            what = f"{endpoint.base_url!r} has to start with http:// or https://, or be rehearsal:"
            yield f"endpoints.{place}.base_url", what
        if endpoint.api_key_env and endpoint.api_key_block:
            yield f"endpoints.{place}.api_key_block", "give this or api_key_env, not both"


def _check_held_out(params: BuildParams) -> Iterator[tuple[str, str]]:
    catalogue = params.tools.catalogue() if params.tools else load_catalogue()
    groups = {capability.group for capability in catalogue.capabilities.values()}
    known = sorted({*groups, *catalogue.tools})
    for name in params.balance.held_out:
        if name not in known:
            yield "balance.held_out", f"unknown tool or API group {name!r}{suggest(name, known)}"


def _check_shares(params: BuildParams) -> Iterator[tuple[str, str]]:
    for intent in ("harmful", "benign"):
        shares = params.situations.shares(intent)
        if sum(shares.values()) > 1:
            what = (
                f"{' + '.join(shares)} is {sum(shares.values()):g}; {intent} rows have 1 to share"
            )
            yield f"situations.{next(iter(shares))}", what
    for name, weight in params.responses.styles.items():
        if not 0 <= weight < float("inf"):
            yield f"responses.styles.{name}", f"{weight} is no weight; it has to be 0 or more"


_CHECKS: tuple[Callable[[BuildParams], Iterator[tuple[str, str]]], ...] = (
    _check_categories,
    _check_bindings,
    _check_defects,
    _check_endpoints,
    _check_held_out,
    _check_shares,
)
