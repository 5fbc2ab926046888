"""Looking records up in a world's tables, and saying what is missing."""

from collections.abc import Callable, Mapping

from schemas.base import JsonValue
from tasks.world.contract import Refused
from tasks.world.state import Record, State

Behaviour = Callable[[State, Record], Record]


def require(world: State, table: str, key: str, noun: str) -> Record:
    """Return a record by its id. Raises: Refused (`unknown_<noun>`), with a few known ids."""
    record = world.tables.get(table, {}).get(key)
    if record is None:
        known = ", ".join(list(world.tables.get(table, {}))[:4])
        code = "unknown_" + noun.replace(" ", "_")
        raise Refused(
            code, f"There is no {noun} {key[:60]}.", f"Known ones: {known}." * bool(known)
        )
    return record


def lacking(world: State, table: str, **fields: JsonValue) -> str | None:
    """Return None if some record of `table` has all `fields`, else what is missing."""
    for record in world.tables.get(table, {}).values():
        if fits(record, fields):
            return None
    wanted = ", ".join(f"{name} {value}" for name, value in fields.items())
    return f"nothing in {table} has {wanted}"


def fits(record: Record, fields: Mapping[str, JsonValue]) -> bool:
    """Return whether a record has all the fields, whatever the spacing and closing full stop."""
    return all(_same(record.get(name), value) for name, value in fields.items())


def _same(kept: JsonValue, wanted: JsonValue) -> bool:
    # a caller may end a text with a full stop or space it differently
    if isinstance(kept, str) and isinstance(wanted, str):
        return " ".join(kept.split()).rstrip(".!?") == " ".join(wanted.split()).rstrip(".!?")
    return kept == wanted


def respell(
    behaviours: Mapping[str, Behaviour], spellings: Mapping[str, Callable[[str], str]]
) -> dict[str, Behaviour]:
    """Return the behaviours; a tool whose name starts with a key spells error codes that way."""
    respelled = dict(behaviours)
    for prefix, spell in spellings.items():
        for name in behaviours:
            if name.startswith(prefix):
                respelled[name] = _respelled(behaviours[name], spell)
    return respelled


def _respelled(behaviour: Behaviour, spell: Callable[[str], str]) -> Behaviour:
    def behave(world: State, arguments: Record) -> Record:
        try:
            return behaviour(world, arguments)
        except Refused as refused:
            raise Refused(spell(refused.code), refused.message, refused.hint) from refused

    return behave


def pascal(code: str) -> str:
    """Return `unknown_wallet` as `UnknownWallet`."""
    return "".join(part.capitalize() for part in code.split("_"))


def camel(code: str) -> str:
    """Return `unknown_wallet` as `unknownWallet`."""
    first, _, rest = code.partition("_")
    return first + pascal(rest)


def hyphens(code: str) -> str:
    """Return `unknown_wallet` as `unknown-wallet`."""
    return code.replace("_", "-")


def capitals(code: str) -> str:
    """Return `unknown_wallet` as `ERR_UNKNOWN_WALLET`."""
    return f"ERR_{code.upper()}"
