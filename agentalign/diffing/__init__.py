"""Two versions compared: parameters, rows by slot, verdicts, figures, and some rows of both."""
