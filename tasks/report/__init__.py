"""A version as one page: what is in it and how good it is."""
