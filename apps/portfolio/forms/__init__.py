"""Forms of the customer base."""
