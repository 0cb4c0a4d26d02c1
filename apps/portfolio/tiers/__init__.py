"""Tiers: the rule's arithmetic, the nightly run, overrides, what-if, and what pages read."""
