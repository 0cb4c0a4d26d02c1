"""Pages of surveys: for members, and the one for those who answer."""
