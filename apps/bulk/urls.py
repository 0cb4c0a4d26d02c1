"""Pages of bulk changes."""

from django.urls import URLPattern, path

from apps.bulk import views

urlpatterns: list[URLPattern] = [
    path("changes/", views.bulk_runs, name="bulk_runs"),
    path("changes/new/", views.bulk_new, name="bulk_new"),
    path("changes/<int:pk>/", views.bulk_run, name="bulk_run"),
    path("changes/<int:pk>/stop/", views.bulk_stop, name="bulk_stop"),
    path("changes/<int:pk>/refused/", views.bulk_run_refused, name="bulk_run_refused"),
    path("changes/<int:pk>/file/", views.bulk_run_export, name="bulk_run_export"),
]
