"""What reading a file of own tools changed and refused, in lines for people."""

from collections.abc import Iterator

from schemas.own_tools import OwnTools


def tool_notes(own: OwnTools) -> Iterator[str]:
    """Yield a line for each thing that was changed or rejected, then who answers for the tools."""
    for name, notes in own.changed.items():
        for note in notes:
            yield f"changed    {name}: {note}"
    for name, reason in own.rejected.items():
        yield f"rejected   {name or '(no name)'}: {reason}"
    run = len(own.tools) - len(own.simulated)
    yield f"{run} run by your code, {len(own.simulated)} simulated by a model"
