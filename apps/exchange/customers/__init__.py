"""Customers from a file: read, columns matched, rows checked, written in the background."""
