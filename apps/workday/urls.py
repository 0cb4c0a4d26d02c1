"""Pages of a member's working day."""

from django.urls import URLPattern, path

from apps.workday.views import my_day

urlpatterns: list[URLPattern] = [
    path("my-day/", my_day.my_day, name="my_day"),
    path("my-day/next/", my_day.my_day_next, name="my_day_next"),
    path("my-day/<int:pk>/log/", my_day.my_day_log, name="my_day_log"),
    path("my-day/undo/<int:pk>/", my_day.my_day_undo, name="my_day_undo"),
    path("my-day/<int:pk>/keep/", my_day.my_day_keep, name="my_day_keep"),
]
