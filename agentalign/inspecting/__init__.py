"""A version in the browser: its rows, what was left out of it, and where each comes from."""
