"""Customers that look like one: warned of while typing, kept as pairs, reviewed by people."""
