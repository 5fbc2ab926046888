"""Accounts of the network: profiles, and whom the user follows."""

from tasks.world import names
from tasks.world.contract import Refused
from tasks.world.groups.desks import Way, desk
from tasks.world.groups.paging import cut_page
from tasks.world.groups.ranking import rank
from tasks.world.state import Record, State

ACCOUNTS = 8
COUNT = 5  # rows unless the caller says otherwise
INTERESTS = ("paints in the evenings", "fixes old radios", "runs a small shop", "hikes a lot",
             "plays the cello", "keeps bees", "teaches part time", "collects maps",
             "bakes on Sundays", "writes about trains", "sings in a choir", "grows tomatoes",
             "repairs bicycles", "draws the harbor", "reads at night",
             "coaches a youth team")  # fmt: skip


def seed_accounts(world: State) -> None:
    """Fill the network with accounts; the first one is the user's own."""
    own = _add_account(world)
    world.insert("users", "social", {"handle": own})
    while len(world.table("accounts")) < ACCOUNTS:
        _add_account(world)


def _add_account(world: State) -> str:
    rng = world.rng
    handle, name, place = names.handle(rng), names.person(rng), names.city(rng)
    bio = f"Lives in {place}, {rng.choice(INTERESTS)}"
    account = {"handle": handle, "name": name, "bio": bio, "followers": rng.randint(40, 9000)}
    world.insert("accounts", handle, account)
    return handle


def own_handle(world: State) -> str:
    """Return the handle of the user's own account."""
    handle: str = world.table("users")["social"]["handle"]
    return handle


def others(world: State) -> list[str]:
    """Return the handles of all accounts but the user's own."""
    own = own_handle(world)
    return [handle for handle in world.table("accounts") if handle != own]


def _profile(world: State, handle: str) -> Record:
    account = world.table("accounts").get(handle)
    if account is None:
        known = ", ".join(others(world)[:3])
        raise Refused("no_such_profile", f"no profile of {handle[:60]}", f"profiles: {known}")
    return account


def _followers(account: Record) -> str:
    return f"{account['handle']} has {account['followers']:,} followers"


def _flitter_profile(world: State, given: Record) -> Record:
    account = _profile(world, given["handle"])
    return {
        "profile": {"name": account["name"], "bio": account["bio"]},
        "reach": _followers(account),
    }


def _peepl_member(world: State, given: Record) -> Record:
    account = _profile(world, given["memberName"])
    stats = {"followers": account["followers"], "line": _followers(account)}
    return {"member": account["handle"], "about": account["bio"], "stats": stats}


def _view(world: State, given: Record) -> Record:
    account = _profile(world, given["Handle"])
    you = {"YouFollow": _followed(world, account["handle"])}
    return {"Entry": _entry(account) | you, "Reach": _followers(account)}


def _entry(account: Record) -> Record:
    return {"Handle": account["handle"], "Name": account["name"], "About": account["bio"]}


def _followed(world: State, handle: str) -> bool:
    return handle in world.table("following")


def _find(world: State, given: Record) -> Record:
    accounts = world.table("accounts")
    documents = {key: (f"{a['name']} {key}", a["bio"]) for key, a in accounts.items()}
    return _page([accounts[key] for key in rank(given["Query"], documents)], given)


def _following(world: State, given: Record) -> Record:
    accounts = world.table("accounts")
    return _page([accounts[handle] for handle in world.table("following")], given)


def _page(accounts: list[Record], given: Record) -> Record:
    shown, following = cut_page(accounts, given.get("Offset", 0), given.get("Count", COUNT))
    rows = [_entry(account) for account in shown]
    return {"Entries": rows, "Total": len(accounts), "NextOffset": following}


def _follow(world: State, given: Record) -> Record:
    account = _profile(world, given["Handle"])
    handle = account["handle"]
    if handle == own_handle(world):
        raise Refused("own_account", f"{handle} is your own account", "follow another one")
    if _followed(world, handle):
        raise Refused("already_following", f"you follow {handle} already", "nothing is left to do")
    world.insert("following", handle, {"since": world.now()})
    account["followers"] += 1
    world.note(f"following: {handle} added")
    return {"Following": handle, "Reach": _followers(account)}


def _unfollow(world: State, given: Record) -> Record:
    account = _profile(world, given["Handle"])
    handle = account["handle"]
    if not _followed(world, handle):
        raise Refused("not_following", f"you do not follow {handle}", "Following lists whom you do")
    del world.table("following")[handle]
    account["followers"] -= 1
    world.note(f"following: {handle} removed")
    return {"Unfollowed": handle, "Reach": _followers(account)}


FLOCK = {
    "View": Way(_view, ("Handle",)),
    "Find": Way(_find, ("Query",), ("Offset", "Count")),
    "Follow": Way(_follow, ("Handle",)),
    "Unfollow": Way(_unfollow, ("Handle",)),
    "Following": Way(_following, (), ("Offset", "Count")),
}
BEHAVIOURS = {
    "flitter_get_profile": _flitter_profile,
    "peeplMember": _peepl_member,
    "FlockDirectory": desk("Operation", FLOCK),
}
