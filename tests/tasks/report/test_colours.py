"""The few colours of the page can be told apart and read, light and dark."""

import re
from importlib import resources

import pytest

STYLE = (resources.files("tasks.report") / "templates" / "style.css").read_text("utf-8")
TEXT = ("ink", "quiet", "link", "off")  # read on paper and on washed ground
DRAWN = ("harmful", "benign", "borderline", "plain")


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour. Source: WCAG 2.2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21. Source: WCAG 2.2."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


SCHEMES = [
    dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6})", block))
    for block in re.findall(r":root \{(.*?)\}", STYLE, re.S)
]


@pytest.mark.parametrize("colours", SCHEMES, ids=["light", "dark"])
def test_texts_can_be_read(colours: dict[str, str]) -> None:
    """Every text has a contrast of 4.5 at least, pictures of 2.9 at least."""
    for ground in ("paper", "wash", "note"):
        assert contrast(colours["ink"], colours[ground]) >= 7
    for name in TEXT:
        assert min(contrast(colours[name], colours[g]) for g in ("paper", "wash")) >= 4.5, name
    for name in DRAWN:
        assert contrast(colours[name], colours["paper"]) >= 2.9, name
    for name in ("harmful", "benign"):  # which tags are written in
        assert contrast(colours[name], colours["paper"]) >= 4.5, name


def test_both_schemes_have_the_same_colours() -> None:
    """No colour is forgotten in the dark."""
    assert len(SCHEMES) == 2
    assert SCHEMES[0].keys() == SCHEMES[1].keys()
