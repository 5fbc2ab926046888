"""Makes the environment that pages are rendered in: escaped, with the report's look."""

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from schemas.catalogue import load_reasons
from tasks.report.page import number
from tasks.report.words import load_words, word_for


def make_environment(package: str) -> Environment:
    """Return an environment over a package's templates, the shared ones and the report's."""
    packages = (package, "agentalign.pages", "tasks.report")
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(each) for each in packages]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "spaced": spaced}
    environment.globals |= {"words": load_words(), "word_for": word_for, "reasons": load_reasons()}
    return environment


def spaced(name: str) -> str:
    """Return a name as words."""
    return name.replace("_", " ")
