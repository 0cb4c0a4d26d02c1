"""Customers, their contacts and special dates: made, changed, deleted and brought back by people."""
