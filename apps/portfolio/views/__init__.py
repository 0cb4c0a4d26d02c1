"""Pages of the customer base."""
