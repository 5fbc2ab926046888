"""One archive of a workspace, and a workspace of an archive."""
