"""Words for a capability that nobody wrote any for: from its description, name and needs."""

from collections.abc import Sequence

from schemas.actions import Capability, Need
from schemas.own_tools.kinds import split_words
from tasks.rehearsal.files import Data, load_data
from tasks.rehearsal.phrases import imperative
from tasks.rehearsal.wording import Words, compile_wording

Literals = tuple[str, ...]


def says(capability: Capability, *, named: bool) -> tuple[Literals, ...]:
    """Return the literals of each wording; `named` puts the capability's id into them."""
    needs, general = _required(capability), load_data("general")
    do = _do(capability)
    name = _words(capability.id.partition(".")[2])
    if named:
        do = general["named"].format(do=do, id=capability.id)
        name = capability.id
    if not needs:
        return tuple((form.format(do=do, name=name),) for form in general["plain"])
    labels = [label(need.name) for need in needs]
    return tuple(_literals(form, do, name, labels) for form in general["say"])


def general_words(capability: Capability, *, named: bool) -> Words:
    """Return general words for a capability; `named` tells it apart from one that reads alike."""
    general, needs = load_data("general"), _required(capability)
    labels = {need.name: label(need.name) for need in capability.needs}
    stand_ins = {name: _labelled(general["used"], each) for name, each in labels.items()}
    do = _do(capability)
    return Words(
        wordings=tuple(
            compile_wording(literals, needs, stand_ins, typed=True)
            for literals in says(capability, named=named)
        ),
        does=do,
        done=general["done"].format(do=do.replace("{", "{{").replace("}", "}}")),
        found=f"the {label(capability.yields[0].name)}" if capability.yields else "the result",
        tells=capability.yields[0].name if capability.yields else "",
        stand_ins=stand_ins,
        tails={name: _labelled(general["tails"], each) for name, each in labels.items()},
    )


def label(need: str) -> str:
    """Return what a need is called in a text: the words of its name."""
    return " ".join(split_words(need)) or "value"


def _required(capability: Capability) -> tuple[Need, ...]:
    return tuple(need for need in capability.needs if not need.optional)


def _do(capability: Capability) -> str:
    """Return what is done, as an order that begins with a letter whose capital is one letter."""
    do = imperative(capability.description)
    sound = do[:1].isalnum() and len(do[0].upper()) == 1
    return do if sound else _words(capability.id.partition(".")[2])


def _words(name: str) -> str:
    return name.replace("_", " ").strip()


def _labelled(forms: Sequence[str], label: str) -> tuple[str, ...]:
    return tuple(form.replace("{label}", label) for form in forms)


def _literals(form: Data, do: str, name: str, labels: Sequence[str]) -> Literals:
    """Return a form's literals, around a slot for each label."""
    literals = [form["start"].format(do=do, name=name)]
    for number, each in enumerate(labels, start=1):
        before, after = form["each"].replace("{label}", each).split("{slot}")
        joint = "" if number == 1 else form["last" if number == len(labels) else "between"]
        literals[-1] += joint + before
        literals.append(after)
    return tuple(literals)
