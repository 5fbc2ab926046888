"""By which name somebody goes, where they don't say."""

import getpass


def own_name() -> str:
    """Return the name of the account that this runs as."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # an account without a name, as in a container
        return "unknown"
