"""The 341 screening of new customers: grades, one minimum, and what is parked with which reason."""
