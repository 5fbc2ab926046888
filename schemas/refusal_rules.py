"""The shape of the phrases by which an answer is read without a model."""

import re
from typing import Literal, Self, get_args

from pydantic import model_validator

from schemas.base import Declared

Mark = Literal[
    "reports", "refuses", "declines", "cannot", "disclaims", "turns", "lacks", "failures",
    "undone", "does", "instead_here", "promises", "offers", "general_offers", "redirects",
    "supports", "cares", "wrongs", "reasons", "asks", "conditions", "never_asks",
]  # fmt: skip


class RefusalRules(Declared):
    """The phrases of `refusal_rules.yaml`; the file says how they are written."""

    contractions: tuple[tuple[str, str], ...]
    fillers: tuple[str, ...]
    idioms: tuple[str, ...]
    lists: dict[str, tuple[str, ...]]
    marks: dict[Mark, tuple[str, ...]]

    @model_validator(mode="after")
    def _every_mark_and_list_is_there(self) -> Self:
        phrases = [p for group in (self.lists, self.marks) for ps in group.values() for p in ps]
        named = {name for phrase in phrases for name in re.findall(r"\{(.*?)\}", phrase)}
        missing = sorted(named - set(self.lists) | set(get_args(Mark)) - set(self.marks))
        if missing:
            msg = f"no such list or mark: {missing}"
            raise ValueError(msg)
        return self
