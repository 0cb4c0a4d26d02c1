"""Notes on customers, and who is mentioned in them."""
