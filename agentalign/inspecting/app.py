"""The pages as an app: lists, rows, and the prompts, models and calls that they go back to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from agentalign.defects import report_defect
from agentalign.inspecting.desk import Desk
from agentalign.inspecting.entries import BEYOND, FILTERS, Asked, Entries, Which
from agentalign.inspecting.guard import App, Guard
from agentalign.inspecting.pages import Pages
from agentalign.inspecting.row_page import RowPage, make_row_page
from agentalign.lookup import find_row, trace_row
from agentalign.reveal import log_reveal
from agentalign.reviewing.opinion import make_review
from schemas.errors import AgentAlignError, BadInputError
from schemas.rows import OTHER_LABELS, Opinion
from schemas.workspace import Workspace
from tasks.formats.versions import Version

_OPINIONS: Mapping[str, Opinion] = {"accept": "accept", "reject": "reject", "relabel": "relabel"}
_SEE_OTHER, _CONFLICT, _NOT_FOUND = 303, 409, 404
Form = Mapping[str, str]


class HiddenError(AgentAlignError):
    """Somebody judges a text that was not shown to them."""


async def read_form(request: Request) -> Form:
    """Return the fields of a form that was sent, the last of each name."""
    fields = parse_qs((await request.body()).decode("utf-8", "replace"))
    return {name: values[-1] for name, values in fields.items()}


SentForm = Annotated[Form, Depends(read_form)]


@dataclass(slots=True)
class Inspector:
    """What the pages rest on. `shown` are the rows whose text somebody has asked to see."""

    workspace: Workspace
    version: Version
    desk: Desk
    entries: Entries
    pages: Pages
    shown: set[str] = field(default_factory=set)

    def list(self, request: Request, which: Which) -> HTMLResponse:
        """Return a page of a list."""
        asked = read_asked(request, which)
        found = self.entries.find(asked, _number(request.query_params.get("page", "")))
        choices = self.entries.choices(which) if self.entries.count(which) else {}
        return self.pages.render("list.html", asked=asked, found=found, choices=choices)

    def row(self, request: Request, row_id: str, *, reveal: bool = False) -> HTMLResponse:
        """Return the page of a row of any kind."""
        asked = read_asked(request, "dropped" if row_id.startswith("dropped-") else "rows")
        page = self._page(row_id, asked, request.query_params.get("check", ""), reveal=reveal)
        return self.pages.render("row.html", asked=asked, page=page)

    def show(self, request: Request, row_id: str) -> HTMLResponse:
        """Return the page of a row with its harmful text, after that was noted."""
        find_row(self.workspace, row_id, self.version)
        log_reveal(self.workspace, "inspect", row_id)
        self.shown.add(row_id)
        return self.row(request, row_id, reveal=True)

    def review(self, request: Request, row_id: str, form: Form) -> RedirectResponse:
        """Keep what is said of a row. Raises: HiddenError, BadInputError, WorkspaceError."""
        opinion, label = _OPINIONS.get(form.get("verdict", "")), form.get("label", "")
        asked = read_asked(request, "rows")
        found = self._page(row_id, asked, form.get("check", ""), reveal=row_id in self.shown)
        if opinion is None or not found.judgeable:
            raise BadInputError(f"{row_id} can't be judged that way")
        chosen = found.judgeable[found.at]
        if chosen.hidden:
            raise HiddenError("Show the text first: nobody can judge what is masked.")
        if (opinion == "relabel") != (label in OTHER_LABELS[chosen.subject.check]):
            raise BadInputError(f"{label!r} is no other label of it")
        self.desk.give(make_review(chosen.subject, opinion, label, form.get("note", "").strip()))
        return _back(request, row_id, chosen.subject.check)

    def undo(self, request: Request, row_id: str, form: Form) -> RedirectResponse:
        """Take back what was said of a row. Raises: WorkspaceError."""
        asked = read_asked(request, "rows")
        found = self._page(row_id, asked, form.get("check", ""), reveal=False)
        review = found.judgeable[found.at].review if found.judgeable else None
        if review is not None:
            self.desk.take_back(review.id)
        return _back(request, row_id, form.get("check", ""))

    def _page(self, row_id: str, asked: Asked, check: str, *, reveal: bool) -> RowPage:
        trace = trace_row(find_row(self.workspace, row_id, self.version))
        return make_row_page(trace, self.entries, self.desk, asked, check=check, reveal=reveal)


def read_asked(request: Request, which: Which) -> Asked:
    """Return what a request asks of a list; what is no filter of it is left out."""
    given = {name: value.replace("\0", "") for name, value in request.query_params.items()}
    known = (*FILTERS[which], *BEYOND)
    values = {name: given[name] for name in known if given.get(name)}
    return Asked(which, values, given.get("q", "").strip())


def _back(request: Request, row_id: str, check: str) -> RedirectResponse:
    query = request.url.include_query_params(check=check).query
    return RedirectResponse(f"/rows/{row_id}?{query}", _SEE_OTHER)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < len("1000000") else 1


def create_app(workspace: Workspace, version: Version, desk: Desk, hosts: Sequence[str]) -> App:
    """Return the app of a version, reached at `hosts` (each `name:port`) alone.

    Raises:
        WorkspaceError: a table of the version is damaged.
    """
    entries = Entries(version)
    inspector = Inspector(workspace, version, desk, entries, Pages(version, desk, entries))
    for entry in entries.find(Asked(), 1).entries[:1]:  # reads all that a row's page needs
        trace_row(find_row(workspace, entry.id, version))
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    _add_lists(app, inspector)
    _add_rows(app, inspector)
    _add_origins(app, inspector.pages)
    _add_files(app, inspector.pages)
    _add_errors(app, inspector.pages)
    return Guard(app, hosts)


def _add_lists(app: FastAPI, inspector: Inspector) -> None:
    @app.get("/")
    def rows(request: Request) -> HTMLResponse:
        return inspector.list(request, "rows")

    @app.get("/dropped")
    def dropped(request: Request) -> HTMLResponse:
        return inspector.list(request, "dropped")


def _add_rows(app: FastAPI, inspector: Inspector) -> None:
    @app.get("/rows/{row_id}")
    def row(request: Request, row_id: str) -> HTMLResponse:
        return inspector.row(request, row_id)

    @app.post("/rows/{row_id}/show")
    def show(request: Request, row_id: str) -> HTMLResponse:
        return inspector.show(request, row_id)

    @app.post("/rows/{row_id}/review")
    def review(request: Request, row_id: str, form: SentForm) -> RedirectResponse:
        return inspector.review(request, row_id, form)

    @app.post("/rows/{row_id}/undo")
    def undo(request: Request, row_id: str, form: SentForm) -> RedirectResponse:
        return inspector.undo(request, row_id, form)


def _add_origins(app: FastAPI, pages: Pages) -> None:
    routes: Mapping[str, Callable[..., HTMLResponse]] = {
        "/taxonomy": pages.taxonomy,
        "/prompts/{name}": pages.prompt,
        "/models/{name}": pages.model,
        "/calls/{key}": pages.call,
    }
    for path, page in routes.items():
        app.get(path)(page)


def _add_files(app: FastAPI, pages: Pages) -> None:
    @app.get("/style.css")
    def style() -> Response:
        return Response(pages.text("style.css") + pages.text("more.css"), media_type="text/css")

    @app.get("/keys.js")
    def keys() -> Response:
        return Response(pages.text("keys.js"), media_type="text/javascript")

    @app.get("/favicon.ico")
    def icon() -> Response:
        return Response(status_code=204)


def _add_errors(app: FastAPI, pages: Pages) -> None:
    @app.exception_handler(AgentAlignError)
    def tell(_: Request, error: AgentAlignError) -> HTMLResponse:
        status = _CONFLICT if isinstance(error, HiddenError) else 500
        return pages.error(str(error), _NOT_FOUND if isinstance(error, BadInputError) else status)

    @app.exception_handler(Exception)
    def report(_: Request, error: Exception) -> HTMLResponse:
        report_defect(type(error), error, error.__traceback__)
        return pages.error("An internal error; the terminal says where.", 500)

    @app.exception_handler(_NOT_FOUND)
    def miss(_: Request, error: Exception) -> HTMLResponse:
        assert error
        return pages.error("There is no such page.", _NOT_FOUND)
