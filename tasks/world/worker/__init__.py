"""The worker process that tool calls run in: what it does, and what it gives up before."""
