"""Conversations of other datasets: read, normalised, and held to the contract of our own."""
