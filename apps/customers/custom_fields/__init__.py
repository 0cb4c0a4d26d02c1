"""Fields of a customer that an administrator defines: their values, and how they are kept in order."""
