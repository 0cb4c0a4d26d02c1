"""Looking at the product as somebody else, read only."""
