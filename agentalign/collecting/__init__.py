"""Removes what nothing points to: versions, the answers behind them, results and logs of old."""
