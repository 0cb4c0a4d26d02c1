"""Pages of the pool."""

from django.urls import URLPattern, path

from apps.pool.views import hold, pool, settings

urlpatterns: list[URLPattern] = [
    path("pool/", pool.pool, name="pool"),
    path("pool/claim/", pool.customers_claim, name="customers_claim"),
    path("pool/<int:pk>/claim/", pool.customer_claim, name="customer_claim"),
    path("customers/<int:pk>/hold/", hold.customer_hold, name="customer_hold"),
    path("customers/<int:pk>/release/", hold.customer_release, name="customer_release"),
    path("customers/<int:pk>/hand-over/", hold.customer_hand_over, name="customer_hand_over"),
    path("settings/pool/", settings.pool_settings, name="pool_settings"),
    path("settings/pool/dry-run/export/", settings.pool_dry_run_export, name="pool_dry_run_export"),
]
