"""The command that publishes a version on the dataset hub.

What it needs is imported when it runs, so that others start fast.
"""

from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from agentalign.options import DEFAULT_FOLDER, AsJson, Folder, Named

if TYPE_CHECKING:
    from agentalign.pushing import Planned
    from tasks.doors.hub.pushing import Pushed

_SHOWN = 12  # digits of a sha256

Repo = Annotated[str, typer.Argument(help="Dataset repository on the hub, OWNER/NAME.")]
Yes = Annotated[bool, typer.Option("--yes", help="Really push; without it nothing is sent.")]
Public = Annotated[bool, typer.Option("--public", help="For everybody to see; else private.")]
NoGate = Annotated[
    bool, typer.Option("--no-gate", help="For everybody to load; else on request alone.")
]
Replace = Annotated[
    bool, typer.Option("--replace", help="Remove another dataset that the repository holds.")
]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("push")(push)


def push(
    version: Named,
    repo: Repo,
    yes: Yes = False,
    public: Public = False,
    no_gate: NoGate = False,
    replace: Replace = False,
    workspace: Folder = DEFAULT_FOLDER,
    json: AsJson = False,
) -> None:
    """Say what a dataset repository on the hub would hold; with --yes, make it so.

    The token is that of HF_TOKEN, or of `hf auth login`; the hub that of HF_ENDPOINT.
    """
    from agentalign.pushing import planning
    from agentalign.workspace import find_workspace
    from tasks.doors.hub.pushing import push_folder
    from tasks.formats.versions import find_version

    found = find_version(find_workspace(workspace), version)
    with planning(found, repo, private=not public, gated=not no_gate) as planned:
        if not json:
            _print_plan(planned, yes=yes)
        pushed = push_folder(planned.push, replace=replace) if yes else None
    if json:
        print(orjson.dumps(planned.as_object() | _told(pushed)).decode())
    else:
        print(_say(pushed))


def _print_plan(planned: "Planned", *, yes: bool) -> None:
    push = planned.push
    print(f"{'pushing' if yes else 'would push'} {push.tag} to {push.repo}")
    print(f"  visibility  {'private' if push.private else 'public'}")
    print(f"  gate        {'on request, read by you' if push.gated else 'none'}")
    print(f"  licence     {', '.join(planned.licences)}")
    print(f"  commit      {push.message}; tag {push.tag}")
    for file in planned.files:
        print(f"  {file.sha256[:_SHOWN]} {file.size:>12,} bytes  {file.name}")


def _told(pushed: "Pushed | None") -> dict[str, object]:
    if pushed is None:
        return {"pushed": False}
    return {"pushed": True, "url": pushed.url, "commit": pushed.commit,
            "created": pushed.created, "changed": pushed.changed}  # fmt: skip


def _say(pushed: "Pushed | None") -> str:
    if pushed is None:
        return "nothing was sent; add --yes to push"
    if not pushed.changed:
        return f"{pushed.url} holds just this already, as commit {pushed.commit}"
    return f"{pushed.url} {'made' if pushed.created else 'updated'}, commit {pushed.commit}"
