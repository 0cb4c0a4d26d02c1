"""Files about customers: what may be filed, under which name, and how it leaves again."""
