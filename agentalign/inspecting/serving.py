"""Serves the pages of a version on loopback until it is stopped."""

import os

from agentalign.inspecting.app import create_app
from agentalign.inspecting.desk import open_desk
from agentalign.memory import ARROW_ENVIRONMENT, give_memory_back
from agentalign.serving import HOST, listen
from schemas.workspace import Workspace
from tasks.formats.versions import Version


def serve(workspace: Workspace, version: Version, port: int) -> None:
    """Serve until interrupted. Raises: BadInputError if the port can't be taken."""
    import uvicorn

    os.environ.update(ARROW_ENVIRONMENT)  # before arrow is imported
    give_memory_back()
    with listen(port) as listener:
        taken = listener.getsockname()[1]
        kept = version.kept()
        app = create_app(workspace, kept, open_desk(workspace, kept), hosts_of(taken))
        # of what goes wrong uvicorn would log the message, which may quote a masked text
        config = uvicorn.Config(app, log_level="critical", lifespan="off", server_header=False)
        print(f"{version.name} (Ctrl-C ends it) at http://{HOST}:{taken}/", flush=True)
        uvicorn.Server(config).run(sockets=[listener])


def hosts_of(port: int) -> tuple[str, ...]:
    """Return the names under which a browser on this machine reaches a port."""
    return f"{HOST}:{port}", f"localhost:{port}"
