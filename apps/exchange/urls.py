"""Pages of imports."""

from django.urls import URLPattern, path

from apps.exchange.views import customers, runs

urlpatterns: list[URLPattern] = [
    path("", runs.imports, name="imports"),
    path("<int:pk>/", runs.import_run, name="import_run"),
    path("<int:pk>/rejected.csv", runs.import_rejected, name="import_rejected"),
    path("customers/", customers.customer_import, name="customer_import"),
    path(
        "customers/template.csv",
        customers.customer_import_template,
        name="customer_import_template",
    ),
    path("customers/<int:pk>/", customers.customer_import_run, name="customer_import_run"),
    path(
        "customers/<int:pk>/start/", customers.customer_import_start, name="customer_import_start"
    ),
    path("customers/<int:pk>/drop/", customers.customer_import_drop, name="customer_import_drop"),
]
