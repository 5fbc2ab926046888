"""What harm is: categories, subcategories and the policy text judges apply."""

from typing import Self

from pydantic import Field, model_validator

from schemas.base import Declared


class Subcategory(Declared):
    """One kind of harm, with the policy text that prompts quote."""

    name: str = Field(pattern=r"^[a-z][a-z_]*$")
    definition: str = Field(min_length=20)
    refuse_if: str = Field(min_length=20)
    allow_if: str = Field(min_length=20)


class Category(Declared):
    """A family of subcategories."""

    name: str = Field(pattern=r"^[a-z][a-z_]*$")
    definition: str = Field(min_length=20)
    subcategories: tuple[Subcategory, ...] = Field(min_length=1)


class Taxonomy(Declared):
    """All categories, in the order of the file."""

    categories: tuple[Category, ...]

    @model_validator(mode="after")
    def _names_are_distinct(self) -> Self:
        names = [sub.name for category in self.categories for sub in category.subcategories]
        if len(set(names)) != len(names):
            repeated = sorted({name for name in names if names.count(name) > 1})
            msg = f"subcategories named twice: {repeated}"
            raise ValueError(msg)
        return self

    def category_of(self, subcategory: str) -> Category:
        """Return the category that holds `subcategory`. Raises: KeyError."""
        for category in self.categories:
            if any(sub.name == subcategory for sub in category.subcategories):
                return category
        raise KeyError(subcategory)

    def subcategory(self, name: str) -> Subcategory:
        """Return a subcategory by name. Raises: KeyError."""
        return next(sub for sub in self.category_of(name).subcategories if sub.name == name)
