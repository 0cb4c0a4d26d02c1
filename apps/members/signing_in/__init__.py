"""Signing in: password, second step, single sign-on, sessions, tokens, and what is noted of it."""
