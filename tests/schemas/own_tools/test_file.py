"""Files of own tools: what is taken, what is changed, what is rejected."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas.catalogue import load_catalogue
from schemas.errors import BadInputError
from schemas.own_tools import OwnTools
from schemas.own_tools.file import read_own_tools
from schemas.own_tools.kinds import guess_kind
from schemas.settings import load_params
from tests.data.reading import load_tools

PING = {"name": "ping", "description": "Pings a desk until it answers.", "inputSchema":
        {"type": "object", "properties": {"desk_id": {"type": "string"}}, "required": ["desk_id"]},
        "annotations": {"readOnlyHint": True}}  # fmt: skip
CODE = "def ping(world, given):\n    return {'desk': given['desk_id']}\n"


def read(folder: Path, content: object, name: str = "tools.yaml") -> OwnTools:
    """Write a file and read its tools."""
    file = folder / name
    file.write_text(json.dumps(content) if name.endswith("json") else yaml.safe_dump(content))
    return read_own_tools(file)


def refusal(folder: Path, content: object) -> str:
    """Return why a file is refused."""
    with pytest.raises(BadInputError) as caught:
        read(folder, content)
    return str(caught.value)


def test_a_suite_of_openai_functions_is_taken_whole(tmp_path: Path) -> None:
    """Each of 24 tools gets a capability that needs what its required parameters take."""
    own = read(tmp_path, load_tools("agentdojo_workspace"), "tools.json")
    assert len(own.tools) == len(own.capabilities) == 24
    assert own.rejected == {}
    assert own.simulated == {tool.name for tool in own.tools}
    needs = {c.id: {n.name: n.kind for n in c.needs} for c in own.capabilities}
    assert needs["Own.share_file"] == {
        "file_id": "identifier", "email": "email_address", "permission": "choice",
    }  # fmt: skip
    assert needs["Own.create_calendar_event"]["start_time"] == "moment"
    assert needs["Own.list_files"] == {}
    reads = {tool.name for tool in own.tools if tool.reads}
    assert {"list_files", "search_emails", "get_current_day"} <= reads
    assert reads.isdisjoint({"send_email", "delete_file", "create_file"})


@pytest.mark.parametrize(
    "form", [[PING], {"tools": [PING]}, {"jsonrpc": "2.0", "result": {"tools": [PING]}}]
)
def test_an_mcp_list_is_taken_in_each_of_its_forms(form: object, tmp_path: Path) -> None:
    """Bare, as a result, or in its envelope; what only reads is known by its hint."""
    (tool,) = read(tmp_path, form, "mcp.json").tools
    assert (tool.name, tool.capability, tool.reads) == ("ping", "Own.ping", True)
    assert tool.parameters["required"] == ["desk_id"]


def test_yaml_adds_to_foreign_schemas_what_they_leave_open(tmp_path: Path) -> None:
    """A group, a function of one's own code, a mapping to a built-in capability."""
    (tmp_path / "desk.py").write_text(CODE)
    mail = {"name": "mail", "description": "Sends a letter by mail.", "parameters": {
        "type": "object", "required": ["recipient", "subject", "body"], "properties": {
            name: {"type": "string"} for name in ("recipient", "subject", "body")}}}  # fmt: skip
    (tmp_path / "mcp.json").write_text(json.dumps([PING, mail]))
    note = {"name": "mail", "capability": "Communication.send_email", "results": {"message": "id"}}
    own = read(tmp_path, {
        "from": "mcp.json", "group": "Desk", "code": "desk.py",
        "tools": [{"name": "ping", "call": "ping"}, note],
    })  # fmt: skip
    assert [tool.capability for tool in own.tools] == ["Desk.ping", "Communication.send_email"]
    assert own.simulated == {"mail"}
    assert own.code == CODE
    assert set(own.catalogue().capabilities) == {"Desk.ping", "Communication.send_email"}


def test_the_built_in_catalogues_own_form_is_taken(tmp_path: Path) -> None:
    """A list of complete entries, as in the files of the catalogue."""
    entry = {
        "name": "mailer", "capability": "Communication.send_email", "provider": "Mailer",
        "description": "Sends one letter to one address.",
        "parameters": {"type": "object", "additionalProperties": False, "required": ["to"],
                       "properties": {"to": {"type": "string"}, "about": {"type": "string"},
                                      "text": {"type": "string"}}},
        "arguments": {"to": {"needs": ["recipient"]}, "about": {"needs": ["subject"]},
                      "text": {"needs": ["body", "fact"]}},
        "results": {"message": "id"},
    }  # fmt: skip
    own = read(tmp_path, [entry])
    assert own.tools[0].arguments["text"].needs == ("body", "fact")
    assert own.changed == {}


def test_built_in_tools_stay_only_where_it_is_said(tmp_path: Path) -> None:
    """Alone, own tools are all there is; beside the built-in ones they are some more."""
    alone = read(tmp_path, [PING]).catalogue()
    beside = read(tmp_path, {"builtin": True, "tools": [_entry(PING)]}).catalogue()
    assert set(alone.tools) == {"ping"}
    assert set(beside.tools) == {"ping", *load_catalogue().tools}


def _entry(tool: dict[str, Any]) -> dict[str, Any]:
    return {"name": tool["name"], "description": tool["description"],
            "parameters": tool["inputSchema"]}  # fmt: skip


def test_a_tool_that_can_not_be_made_valid_is_rejected_alone(tmp_path: Path) -> None:
    """The others stay; the reason is kept with the parameters of the build."""
    crate = {"type": "object", "properties": {"a": {"type": "string"}}}
    odd = {"name": "odd", "parameters": {"type": "object", "properties": {"x": {"type": "wool"}}}}
    deep = {"name": "deep", "parameters": {"type": "object", "required": ["crate"],
                                           "properties": {"crate": crate}}}  # fmt: skip
    own = read(tmp_path, [PING, odd, deep, {"description": "nameless"}], "tools.json")
    assert [tool.name for tool in own.tools] == ["ping"]
    assert own.rejected == {
        "odd": "x has the unknown type 'wool'",
        "deep": "a request can't state its required parameter crate: fill it by hand",
        "": "it has no name",
    }


def test_names_are_made_legal_and_different(tmp_path: Path) -> None:
    """What was changed is kept, by the new name."""
    own = read(tmp_path, [{"name": "Ping Desk"}, {"name": "Ping/Desk"}], "tools.json")
    assert [tool.name for tool in own.tools] == ["Ping_Desk", "Ping_Desk_2"]
    assert own.changed["Ping_Desk_2"] == ("name 'Ping/Desk' became Ping_Desk_2",)
    assert own.digest == own.model_copy(update={"changed": {}}).digest


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ([], "leaves no tool to use"),
        ([{"name": "a", "parameters": 3}], "a: the parameters are no schema"),
        ({"group": "Own", "tool": []}, "tool: Extra inputs"),
        ({"from": "none.json"}, "can't be read: No such file"),
        ({"group": "Own", "tools": [{"name": "a"}]}, "a have no parameters here or in `from`"),
        ({"builtin": True, "tools": [{"name": "flitter_add_comment", "parameters": {},
                                      "capability": "Own.a"}],
          "capabilities": [{"id": "Own.a", "description": "A", "needs": [], "yields": []}]},
         "flitter_add_comment is the name of a built-in tool"),
        ({"tools": [{"name": "a", "parameters": {}, "capability": "Own.none"}]},
         "Own.none is no capability"),
        ({"group": "Own", "tools": [{"name": "a", "parameters": {}, "call": "run"}]},
         "run: no code is given"),
        ({"group": "Own", "capabilities": [
            {"id": "Own.a", "description": "A", "needs": [{"name": "x", "kind": "wool"}],
             "yields": []}],
          "tools": [{"name": "a", "capability": "Own.a", "arguments": {"x": {"needs": ["x"]}},
                     "parameters": {"type": "object", "properties": {"x": {"type": "string"}}}}]},
         "of the kind wool, which nobody declares"),
    ],
)  # fmt: skip
def test_a_file_that_can_not_be_used_says_what_to_change(
    content: object, says: str, tmp_path: Path
) -> None:
    """The message names the file and the thing."""
    assert says in refusal(tmp_path, content)


@pytest.mark.parametrize(
    ("name", "raw", "says"),
    [
        ("tools.json", b"{", "is not JSON"),
        ("tools.yaml", b"a: [", "is not YAML"),
        ("tools.json", b"[" * 100_000, "is not JSON"),
        ("tools.json", b"\xff", "it is not UTF-8"),
        ("tools.json", b" " * 5_000_001, "is larger than 5 MB"),
    ],
)
def test_a_damaged_file_is_named(name: str, raw: bytes, says: str, tmp_path: Path) -> None:
    """Never a traceback."""
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(BadInputError, match=says):
        read_own_tools(tmp_path / name)


def test_code_that_is_no_python_is_refused(tmp_path: Path) -> None:
    """Before anything runs."""
    (tmp_path / "desk.py").write_text("def ping(:")
    content = {"code": "desk.py", "tools": [_entry(PING) | {"call": "ping"}]}
    assert "desk.py is not Python" in refusal(tmp_path, content)


def test_a_build_holds_the_tools_themselves_not_their_path(tmp_path: Path) -> None:
    """`--set tools=FILE` reads the file; what it was made of needs the file no more."""
    file = tmp_path / "tools.json"
    file.write_text(json.dumps([PING]))
    params = load_params("smoke", None, [f"tools={file}"])
    file.unlink()
    assert params.tools is not None
    assert type(params).model_validate(params.model_dump(mode="json")) == params
    with pytest.raises(BadInputError, match="can't be read"):
        load_params("smoke", None, [f"tools={file}"])


@pytest.mark.parametrize(
    ("name", "schema", "kind"),
    [
        ("to_email", {"type": "string"}, "email_address"),
        ("emailId", {"type": "string"}, "identifier"),
        ("when", {"type": "string", "description": "As YYYY-MM-DD HH:MM."}, "moment"),
        ("day", {"type": "string"}, "date"),
        ("n", {"type": "integer"}, "whole_number"),
        ("ratio", {"type": "number"}, "number"),
        ("really", {"type": "boolean"}, "flag"),
        ("mode", {"enum": ["a", "b"]}, "choice"),
        ("tags", {"type": "array", "items": {"type": "string"}}, "label"),
        ("site", {"type": "string", "format": "uri"}, "url"),
        ("x", {"anyOf": [{"type": "null"}, {"type": "integer"}]}, "whole_number"),
        ("crate", {"type": "object"}, None),
        ("rows", {"type": "array", "items": {"type": "object"}}, None),
    ],
)
def test_what_a_parameter_takes_is_guessed(
    name: str, schema: dict[str, Any], kind: str | None
) -> None:
    """By its type first, then by format, description and the last word of its name."""
    assert guess_kind(name, schema) == kind
