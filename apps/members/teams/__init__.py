"""The tree of teams, who belongs to them, how they stand, and who stands in for their leads."""
