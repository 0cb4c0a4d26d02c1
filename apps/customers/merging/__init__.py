"""Several customers become one, field by field, and can be parted again."""
