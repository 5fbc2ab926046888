"""What pages have in common: how they are rendered, and the picture of a lineage."""
