"""Evaluates models on a version's rows: as agents in its worlds, with what is asked in the data."""
