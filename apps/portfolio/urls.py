"""Pages of tiers, service policy, lifecycle and the timeline."""

from django.urls import URLPattern, path

from apps.portfolio.views import lifecycle, service, tiers, timeline

urlpatterns: list[URLPattern] = [
    path("customers/<int:pk>/timeline/", timeline.customer_timeline, name="customer_timeline"),
    path("tiers/", tiers.tiers, name="tiers"),
    path("tiers/pending/", tiers.tiers_pending, name="tiers_pending"),
    path("tiers/by-hand/", tiers.tiers_overrides, name="tiers_overrides"),
    path("settings/tiers/", tiers.tier_settings, name="tier_settings"),
    path("customers/<int:pk>/tier/", tiers.customer_tier, name="customer_tier"),
    path("customers/<int:pk>/tier/set/", tiers.tier_override, name="tier_override"),
    path(
        "customers/<int:pk>/tier/cancel/", tiers.tier_override_cancel, name="tier_override_cancel"
    ),
    path("service/", service.service, name="service"),
    path("service/breaches/", service.service_breaches, name="service_breaches"),
    path(
        "service/breaches/export/", service.service_breaches_export, name="service_breaches_export"
    ),
    path("service/responses/", service.service_responses, name="service_responses"),
    path("settings/service/", service.service_settings, name="service_settings"),
    path("customers/<int:pk>/service/", service.customer_service, name="customer_service"),
    path("lifecycle/", lifecycle.lifecycle, name="lifecycle"),
    path("lifecycle/moves/", lifecycle.lifecycle_moves, name="lifecycle_moves"),
    path("customers/at-risk/", lifecycle.customers_at_risk, name="customers_at_risk"),
    path(
        "customers/at-risk/export/",
        lifecycle.customers_at_risk_export,
        name="customers_at_risk_export",
    ),
    path("customers/<int:pk>/lifecycle/", lifecycle.customer_lifecycle, name="customer_lifecycle"),
    path(
        "customers/<int:pk>/lifecycle/set/",
        lifecycle.lifecycle_override,
        name="lifecycle_override",
    ),
    path(
        "customers/<int:pk>/lifecycle/cancel/",
        lifecycle.lifecycle_override_cancel_view,
        name="lifecycle_override_cancel",
    ),
]
