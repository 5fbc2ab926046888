"""A small model before and after it was trained on a version, at several ratios of its classes."""
