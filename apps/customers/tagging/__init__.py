"""Tags: words of the firm that members put on customers."""
