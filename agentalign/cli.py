"""The `agentalign` command: what every command shares, and how errors end it."""

import gc
import os
import sys
from collections.abc import Sequence

import typer

from agentalign import (
    building_commands,
    evaluating_commands,
    lineage_commands,
    operating_commands,
    reading_commands,
    review_commands,
    version_commands,
    world_commands,
)
from agentalign.defects import report_defect
from agentalign.memory import collect_rarely
from schemas.errors import AgentAlignError, ServerLostError, StoppedError

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
operating_commands.add_to(app)
lineage_commands.add_to(app)
version_commands.add_to(app)
evaluating_commands.add_to(app)


def main() -> None:
    """Run the command line and exit."""
    collect_rarely()
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
        if isinstance(exc, ServerLostError):
            os._exit(exc.exit_code)  # Prefect's farewell tries for minutes to reach its server
        return exc.exit_code
    except SystemExit as exc:
        code = exc.code if isinstance(exc.code, int) else 0
        if code != _INTERRUPTED:
            return code
        print("agentalign: stopped", file=sys.stderr)
        return StoppedError.exit_code
    return 0
