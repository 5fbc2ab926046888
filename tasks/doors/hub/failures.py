"""What goes wrong with the hub, in words for people; no address that is signed, and no token."""

from collections.abc import Iterator
from contextlib import contextmanager

from schemas.errors import HubError

_BY_STATUS = {
    401: "it refuses the token; set HF_TOKEN to one that is valid, or run `hf auth login`",
    403: "the token has no right to this; take one that may write to {owner}'s repositories",
    404: "it says that there is no such place; check the name and the token's rights",
    409: "somebody else changed the repository meanwhile; run the same command again",
    412: "somebody else changed the repository meanwhile; run the same command again",
    413: "a file is larger than it takes",
    429: "it asks for fewer requests; wait some minutes and run the same command again",
}
_BROKEN = "it failed; wait and run the same command again"
_LONGEST = 200  # characters of what the hub says


@contextmanager
def telling(what: str, repo: str, endpoint: str) -> Iterator[None]:
    """Translate what the library raises while something is done. Raises: HubError."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    try:
        yield
    except HfHubHTTPError as exc:
        raise HubError(f"{what} {repo}: {_say_refusal(exc, repo, endpoint)}") from exc
    except httpx2.HTTPError as exc:
        raise HubError(f"{what} {repo}: {_say_silence(exc, endpoint)}") from exc
    except RuntimeError as exc:  # an upload, whose reason is its cause
        raise HubError(f"{what} {repo}: {_say_upload(exc, repo, endpoint)}") from exc
    except (OSError, ValueError) as exc:  # an answer that can't be read, or a card it won't take
        said = str(exc).splitlines()[-1:] or [type(exc).__name__]
        raise HubError(f"{what} {repo}: {endpoint} said: {said[0][:_LONGEST]}") from exc


def _say_upload(exc: RuntimeError, repo: str, endpoint: str) -> str:
    from huggingface_hub.errors import HfHubHTTPError

    cause = exc.__cause__
    if isinstance(cause, HfHubHTTPError):
        why = _say_refusal(cause, repo, endpoint)
    else:
        why = _say_silence(cause or exc, endpoint)
    return (
        f"an upload broke off: {why}. Nothing of it is to be seen there; run the same command"
        " again, and what has arrived is not sent twice"
    )


def _say_refusal(exc: Exception, repo: str, endpoint: str) -> str:
    status = int(getattr(getattr(exc, "response", None), "status_code", 0))
    said = str(getattr(exc, "server_message", None) or "").strip()[:_LONGEST]
    advice = _BY_STATUS.get(status, _BROKEN).format(owner=repo.partition("/")[0])
    return f"{endpoint} answered {status}{f' ({said})' if said else ''}: {advice}"


def _say_silence(exc: BaseException, endpoint: str) -> str:
    return f"{endpoint} can't be reached ({type(exc).__name__}); check HF_ENDPOINT and the network"
