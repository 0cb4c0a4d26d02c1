"""Pages of personal data."""

from django.urls import URLPattern, path

from apps.privacy import views

urlpatterns: list[URLPattern] = [
    path("settings/personal-data/", views.personal_data, name="personal_data"),
    path(
        "settings/personal-data/<slug:kind>/<int:pk>/",
        views.personal_data_of,
        name="personal_data_of",
    ),
    path(
        "settings/personal-data/<slug:kind>/<int:pk>/export/",
        views.personal_data_export,
        name="personal_data_export",
    ),
]
