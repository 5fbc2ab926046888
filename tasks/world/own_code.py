"""A user's own code: run once to define its functions, which then answer calls in a world."""

import ast
from collections.abc import Callable
from importlib import import_module
from types import ModuleType

from schemas.errors import BadInputError
from schemas.own_tools import OwnTools

MODULE = "own_tools"


class OwnCodeError(BadInputError):
    """The code of a user's own tools can't be run, or lacks a function it should have."""


def import_libraries(code: str) -> None:
    """Import whatever the code imports anywhere, without running the code itself.

    Afterwards its own import statements need no file. Raises: OwnCodeError.
    """
    for name in sorted(_imported(code)):
        try:
            import_module(name)
        except Exception as exc:
            msg = f"the code of your tools imports {name}: {type(exc).__name__}: {str(exc)[:200]}"
            raise OwnCodeError(msg) from exc


def _imported(code: str) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def load_functions(own: OwnTools) -> dict[str, Callable[..., object]]:
    """Return the functions that the tools name. Raises: OwnCodeError."""
    if not own.functions:
        return {}
    module = ModuleType(MODULE)
    try:
        exec(compile(own.code, f"<{MODULE}>", "exec"), module.__dict__)
    except Exception as exc:
        msg = f"the code of your tools can't be run: {type(exc).__name__}: {str(exc)[:200]}"
        raise OwnCodeError(msg) from exc
    missing = sorted(n for n in own.functions if not callable(getattr(module, n, None)))
    if missing:
        msg = f"the code of your tools has no function {', '.join(missing)}"
        raise OwnCodeError(msg)
    return {name: getattr(module, name) for name in own.functions}
