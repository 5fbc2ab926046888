"""Errors people read: what happened, where, what to do."""


class AgentAlignError(Exception):
    """Root of every error this project raises on purpose.

    The message is shown as it is, without a traceback; `exit_code` ends the command.
    """

    exit_code = 1


class BadInputError(AgentAlignError):
    """The user gave something that can't be used: a parameter, a name, a file."""

    exit_code = 2


class WorkspaceError(AgentAlignError):
    """The workspace can't be used: a file, not writable, or of another schema version."""

    exit_code = 2


class WorkspaceBusyError(WorkspaceError):
    """Another process holds the workspace."""


class EndpointError(AgentAlignError):
    """A model endpoint is down, refuses the key or does not know the model."""


class HubError(AgentAlignError):
    """The dataset hub is down, refuses the token, or took no upload."""


class ServerLostError(AgentAlignError):
    """The Prefect server that a run reports to is gone: nobody will hear what is left to say."""


class QualityError(AgentAlignError):
    """A gate is red or a yield fell below its floor; everything made is kept."""


class StoppedError(AgentAlignError):
    """Stopped by a budget or by Ctrl-C; the same command resumes."""

    exit_code = 3


class DataFileError(AgentAlignError):
    """A reviewed data file (taxonomy, tools, chains, prompts) breaks its own schema."""

    exit_code = 2


def describe_error(exc: Exception) -> str:
    """Return what surfaces may say of an error: of a defect only its kind, it may quote a row."""
    if isinstance(exc, AgentAlignError):
        return str(exc)
    return f"internal error, {type(exc).__name__} (message withheld)"
