"""Lists as people want to see them again: filters, order and columns under a name."""
