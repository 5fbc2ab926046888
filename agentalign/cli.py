"""The `agentalign` command: what every command shares, and how errors end it."""

import gc
import sys
import traceback
from collections.abc import Sequence
from types import TracebackType

import typer

from agentalign import (
    building_commands,
    reading_commands,
    review_commands,
    version_commands,
    world_commands,
)
from schemas.errors import AgentAlignError, StoppedError

_INTERRUPTED = 130  # what Typer makes of Ctrl-C

app = typer.Typer(
    name="agentalign",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Make, read and export datasets that teach an agent what to refuse and what to do.",
)
building_commands.add_to(app)
reading_commands.add_to(app)
world_commands.add_to(app)
review_commands.add_to(app)
version_commands.add_to(app)


def main() -> None:
    """Run the command line and exit."""
    sys.excepthook = report_defect
    code = run(sys.argv[1:])
    gc.freeze()  # what is alive now goes with the process: looking through it takes seconds
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code."""
    try:
        app(args=list(arguments), prog_name="agentalign")
    except AgentAlignError as exc:
        print(f"agentalign: {exc}", file=sys.stderr)
        return exc.exit_code
    except SystemExit as exc:
        code = exc.code if isinstance(exc.code, int) else 0
        if code != _INTERRUPTED:
            return code
        print("agentalign: stopped", file=sys.stderr)
        return StoppedError.exit_code
    return 0


def report_defect(
    kind: type[BaseException], _exc: BaseException, trace: TracebackType | None
) -> None:
    """Say where a defect of the program is. Its message may quote a masked request: not shown."""
    print("".join(traceback.format_tb(trace)), file=sys.stderr, end="")
    print(f"agentalign: internal error, {kind.__name__} (message withheld)", file=sys.stderr)
