"""Pages of imports."""

from django.urls import URLPattern, path

from apps.exchange import views

urlpatterns: list[URLPattern] = [
    path("", views.imports, name="imports"),
    path("<int:pk>/", views.import_run, name="import_run"),
    path("<int:pk>/rejected.csv", views.import_rejected, name="import_rejected"),
]
