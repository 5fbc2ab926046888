"""Serves the embedded model on loopback."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from schemas.errors import BadInputError
from schemas.params import Rehearsal

HOST = "127.0.0.1"


def serve(port: int, seed: int) -> None:
    """Serve until interrupted. Raises: BadInputError if the port can't be taken."""
    import uvicorn

    from tasks.rehearsal import create_app

    app = create_app(Rehearsal(seed=seed))
    config = uvicorn.Config(app, log_level="warning", lifespan="off")
    with listen(port) as listener:
        print(f"embedded model at http://{HOST}:{port}/v1 (any key; Ctrl-C ends it)", flush=True)
        uvicorn.Server(config).run(sockets=[listener])


@contextmanager
def serve_beside(rehearsal: Rehearsal) -> Iterator[str]:
    """Serve the embedded model while the block runs; yield its base URL, on a free port."""
    import uvicorn

    from tasks.rehearsal import create_app

    config = uvicorn.Config(create_app(rehearsal), log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    with listen(0) as listener:
        running = threading.Thread(
            target=server.run, kwargs={"sockets": [listener]}, name="embedded model", daemon=True
        )
        running.start()
        try:
            yield f"http://{HOST}:{listener.getsockname()[1]}/v1"
        finally:
            server.should_exit = True
            running.join()


def listen(port: int) -> socket.socket:
    """Return a socket that listens on loopback. Raises: BadInputError if the port is taken."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen()  # who reads the address may call it at once
    except OSError as exc:
        listener.close()
        msg = f"port {port} can't be taken ({exc.strerror}); give another with --port"
        raise BadInputError(msg) from exc
    return listener
