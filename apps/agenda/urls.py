"""Pages that show activities: the list, the calendar, planned visits, what an activity said before."""

from django.urls import URLPattern, path

from apps.agenda.views import history, listing, planner

urlpatterns: list[URLPattern] = [
    path("activities/", listing.activities, name="activities"),
    path("activities/count/", listing.activities_count, name="activities_count"),
    path("activities/columns/", listing.activity_columns, name="activity_columns"),
    path("activities/export/", listing.activities_export, name="activities_export"),
    path("activities/calendar/", planner.activity_calendar, name="activity_calendar"),
    path("activities/visits/", planner.planned_visits_of_day, name="planned_visits"),
    path("activities/<int:pk>/history/", history.activity_history, name="activity_history"),
]
