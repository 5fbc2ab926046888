"""Scenes: invented descriptions of pictures, videos and changes."""

from random import Random

from tasks.world import names

LOOKS = ("watercolour", "pencil drawing", "flat illustration", "studio photograph",
         "paper collage", "wide photograph", "soft oil painting", "line drawing",
         "clean poster", "woodcut")  # fmt: skip
THINGS = ("lantern", "wooden rowboat", "brass compass", "row of market stalls", "stone bridge",
          "bicycle", "stack of ledgers", "glass greenhouse", "folded map", "pair of headphones",
          "conference badge", "delivery van", "blue envelope", "coffee cup", "signpost",
          "wall calendar", "name tag", "set of keys", "laptop on a desk",
          "clock tower")  # fmt: skip
PLACES = ("beside a quiet harbor", "in an empty courtyard", "on a tidy desk", "under a grey sky",
          "in front of a brick wall", "at the edge of a field", "near a tall window",
          "on a cobbled street", "in a bright office", "against a plain background",
          "below a row of trees", "next to a small stage")  # fmt: skip
LIGHTS = ("in the morning light", "at dusk", "with long shadows", "in warm colours",
          "in cool colours", "with plenty of empty space", "seen from above", "in close view",
          "with a thin white border", "in soft focus")  # fmt: skip
CHANGES = ("Make the background {shade} and move the {thing} to the {side}",
           "Add a {shade} {thing} on the {side} and keep the rest as it is",
           "Replace the {thing} on the {side} with a {shade} one",
           "Crop it around the {thing} and give the {side} a {shade} tone",
           "Brighten the {side} and put a {shade} frame around the {thing}")  # fmt: skip
SHADES = ("darker", "lighter", "pale blue", "warm yellow", "muted green", "deep red", "plain white",
          "soft grey", "sand coloured", "violet")  # fmt: skip
SIDES = ("left", "right", "upper half", "lower half", "upper left corner", "lower right corner")


def picture(rng: Random) -> str:
    """Return what a picture is to show."""
    look, thing, place = rng.choice(LOOKS), rng.choice(THINGS), rng.choice(PLACES)
    article = "An" if look[0] in "aeiou" else "A"
    return f"{article} {look} of a {thing} {place} {rng.choice(LIGHTS)}"


def script(rng: Random) -> str:
    """Return what a short video is to show, in order."""
    first, second = rng.sample(THINGS, 2)
    opening = f"Open on a {first} {rng.choice(PLACES)} then cut to a {second}"
    return f"{opening} and close with a title about the {names.topic(rng)}"


def change(rng: Random) -> str:
    """Return how a picture is to be changed."""
    shade, thing, side = rng.choice(SHADES), rng.choice(THINGS), rng.choice(SIDES)
    return rng.choice(CHANGES).format(shade=shade, thing=thing, side=side)
