"""A hub on loopback: the endpoints that a push calls, and all that it was told.

Paths ending in `.parquet` and `.png` go through the large file storage, as on the real one.
"""

import base64
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
import uvicorn
import yaml
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

TOKEN = "hf_" + "standInToken1234"
LARGE = (".parquet", ".png")
START = {".gitattributes": b"*.parquet filter=lfs\n"}


@dataclass
class Commit:
    """A commit as it was sent: message, description, and what it did."""

    oid: str
    message: str
    description: str
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


@dataclass
class Repository:
    """A dataset repository."""

    private: bool
    gated: str | bool = False
    files: dict[str, bytes] = field(default_factory=lambda: dict(START))
    commits: list[Commit] = field(default_factory=lambda: [Commit("0" * 40, "initial", "")])
    tags: dict[str, str] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)  # visibility when each commit came


class Hub:
    """The hub. `refuse` maps the start of `METHOD path` to a status that is answered to it."""

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.stored: dict[str, bytes] = {}  # large files by sha256
        self.requests: list[str] = []
        self.uploads = 0
        self.refuse: dict[str, int] = {}
        self.url = ""
        self.app = FastAPI()
        self.app.middleware("http")(self._guard)
        self._add_routes()

    def _add_routes(self) -> None:
        add, repo = self.app.add_api_route, "/api/datasets/{owner}/{name}"
        add(repo, self._info, methods=["GET"])
        add(f"{repo}/revision/main", self._info, methods=["GET"])
        add("/api/repos/create", self._create, methods=["POST"])
        add(f"{repo}/settings", self._set, methods=["PUT"])
        add("/api/validate-yaml", self._validate, methods=["POST"])
        add(f"{repo}/preupload/main", self._preupload, methods=["POST"])
        batch = "/datasets/{owner}/{name}.git/info/lfs/objects/batch"
        add(batch, self._batch, methods=["POST"])
        add("/storage/{oid}", self._store, methods=["PUT"])
        add(f"{repo}/commit/main", self._commit, methods=["POST"])
        add(f"{repo}/tag/{{revision}}", self._tag, methods=["POST"])

    async def _guard(self, request: Request, call_next: Any) -> Response:  # noqa: ANN401  # Starlette's
        """Note every request; let nobody in who has not the token, nor what is to be refused."""
        line = f"{request.method} {request.url.path}"
        self.requests.append(line)
        for start, status in self.refuse.items():
            if line.startswith(start):
                return JSONResponse({"error": "refused by the test"}, status)
        signed = request.url.path.startswith("/storage/")  # the address is the right to write
        if not signed and request.headers.get("authorization") != f"Bearer {TOKEN}":
            told = {"X-Error-Message": "Invalid credentials in Authorization header"}
            return JSONResponse({"error": "Invalid username or password."}, 401, told)
        if signed and "authorization" in request.headers:
            return JSONResponse({"error": "the token was shown to the storage"}, 400)
        found: Response = await call_next(request)
        return found

    async def _info(self, owner: str, name: str) -> Response:
        repo = self.repositories.get(f"{owner}/{name}")
        if repo is None:
            return JSONResponse(
                {"error": "Repository not found"}, 404, {"X-Error-Code": "RepoNotFound"}
            )
        return JSONResponse(
            {
                "id": f"{owner}/{name}", "sha": repo.commits[-1].oid, "private": repo.private,
                "gated": repo.gated, "cardData": _header(repo.files.get("README.md", b"")),
                "siblings": [{"rfilename": path} for path in repo.files],
            }
        )  # fmt: skip

    async def _create(self, request: Request) -> Response:
        asked = await request.json()
        name = f"{asked['organization']}/{asked['name']}"
        assert asked["type"] == "dataset"
        if name in self.repositories:
            return JSONResponse({"error": "You already created this dataset repo"}, 409)
        self.repositories[name] = Repository(private=asked["visibility"] == "private")
        return JSONResponse({"url": f"{self.url}/datasets/{name}"})

    async def _set(self, owner: str, name: str, request: Request) -> Response:
        repo, asked = self.repositories[f"{owner}/{name}"], await request.json()
        if "visibility" in asked:
            repo.private = asked["visibility"] == "private"
        repo.gated = asked.get("gated", repo.gated)
        return JSONResponse({})

    async def _validate(self, request: Request) -> Response:
        asked = await request.json()
        fine = asked["repoType"] == "dataset" and _header(asked["content"].encode())
        return JSONResponse({"errors": [], "warnings": []}, 200 if fine else 400)

    async def _preupload(self, owner: str, name: str, request: Request) -> Response:
        files = self.repositories[f"{owner}/{name}"].files
        asked = (await request.json())["files"]
        answer = [
            {
                "path": each["path"], "shouldIgnore": False,
                "uploadMode": "lfs" if each["path"].endswith(LARGE) else "regular",
                "oid": _oid(each["path"], files[each["path"]]) if each["path"] in files else None,
            }
            for each in asked
        ]  # fmt: skip
        return JSONResponse({"files": answer})

    async def _batch(self, request: Request) -> Response:
        asked = await request.json()
        assert asked["operation"] == "upload"
        objects = [
            {"oid": each["oid"], "size": each["size"]} | self._ask_for(each["oid"])
            for each in asked["objects"]
        ]
        return JSONResponse({"transfer": "basic", "objects": objects})

    def _ask_for(self, oid: str) -> dict[str, Any]:
        """Say where a file is to be sent, unless it is there."""
        href = f"{self.url}/storage/{oid}?sig=s3cr3t"
        return {} if oid in self.stored else {"actions": {"upload": {"href": href}}}

    async def _store(self, oid: str, request: Request) -> Response:
        content = await request.body()
        if hashlib.sha256(content).hexdigest() != oid:
            return JSONResponse({"error": "not what was announced"}, 400)
        self.uploads += 1
        self.stored[oid] = content
        return Response()

    async def _commit(self, owner: str, name: str, request: Request) -> Response:
        repo = self.repositories[f"{owner}/{name}"]
        lines = [orjson.loads(line) for line in (await request.body()).splitlines()]
        header = lines[0]["value"]
        if header.get("parentCommit", repo.commits[-1].oid) != repo.commits[-1].oid:
            return JSONResponse({"error": "A commit has happened since"}, 412)
        commit = Commit(f"{len(repo.commits):040x}", header["summary"], header["description"])
        for line in lines[1:]:
            self._do(line["key"], line["value"], repo, commit)
        repo.commits.append(commit)
        repo.seen.append(f"{'private' if repo.private else 'public'}, gated {repo.gated}")
        url = f"{self.url}/datasets/{owner}/{name}/commit/{commit.oid}"
        return JSONResponse({"commitOid": commit.oid, "commitUrl": url, "success": True})

    def _do(self, key: str, value: dict[str, Any], repo: Repository, commit: Commit) -> None:
        path = value["path"]
        if key == "deletedFile":
            del repo.files[path]
            commit.removed.append(path)
            return
        large = key == "lfsFile"
        repo.files[path] = (
            self.stored[value["oid"]] if large else base64.b64decode(value["content"])
        )
        commit.added.append(path)

    async def _tag(self, owner: str, name: str, revision: str, request: Request) -> Response:
        repo, tag = self.repositories[f"{owner}/{name}"], (await request.json())["tag"]
        if tag in repo.tags:
            return JSONResponse({"error": "Tag already exists"}, 409)
        repo.tags[tag] = revision
        return JSONResponse({})


def _header(card: bytes) -> dict[str, Any]:
    parts = card.decode().split("---\n", 2)
    return dict(yaml.safe_load(parts[1])) if len(parts) == 3 else {}


def _oid(path: str, content: bytes) -> str:
    if path.endswith(LARGE):
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """Serve a hub on a free port of loopback, from a thread of its own."""
    config = uvicorn.Config(hub.app, port=0, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        threading.Event().wait(0.01)
    hub.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield hub
    finally:
        server.should_exit = True
        thread.join()


def free_of(texts: list[str], secrets: tuple[str, ...] = (TOKEN, "s3cr3t")) -> bool:
    """Whether no text holds a secret."""
    return not any(secret in text for text in texts for secret in secrets)
