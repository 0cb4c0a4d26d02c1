"""Pages of the run log."""

from django.urls import URLPattern, path

from apps.overnight import views

urlpatterns: list[URLPattern] = [
    path("", views.night_runs, name="night_runs"),
    path("start/", views.night_run_start, name="night_run_start"),
    path("<int:pk>/", views.night_run, name="night_run"),
]
