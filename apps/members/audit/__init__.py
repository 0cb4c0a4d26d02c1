"""The audit trail as people read it: which entries, in which words."""
