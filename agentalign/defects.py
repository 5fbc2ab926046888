"""Says where a defect of the program is, and nothing of what it was working on."""

import sys
import traceback
from types import TracebackType


def report_defect(
    kind: type[BaseException], _exc: BaseException, trace: TracebackType | None
) -> None:
    """Say where a defect of the program is. Its message may quote a masked request: not shown."""
    print("".join(traceback.format_tb(trace)), file=sys.stderr, end="")
    print(f"agentalign: internal error, {kind.__name__} (message withheld)", file=sys.stderr)
