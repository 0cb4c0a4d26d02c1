"""Customers found by any part of what is known of them."""
