"""Inviting people, one by one or from a file."""
