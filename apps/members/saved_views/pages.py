"""The lists that have saved views: their URL names."""

# A new list adds its URL name here, shows `members/view_bar.html` above its rows, and passes its
# columns through `columns_of`.
PAGES = ("customers", "activities")
