"""One page for an auditor: all that a row rests on."""
