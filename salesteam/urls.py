"""Addresses of the whole site; each app brings its own."""

from django.urls import include, path

handler429 = "apps.members.signing_in.throttling.too_many"

urlpatterns = [
    path("account/", include("allauth.account.urls")),
    path("", include("apps.core.urls")),
    path("", include("apps.members.urls")),
    path("customers/", include("apps.customers.urls")),
    path("opportunities/", include("apps.funnel.urls")),
    path("orders/", include("apps.orders.urls")),
    path("", include("apps.activities.urls")),
    path("", include("apps.calling.urls")),
    path("", include("apps.satisfaction.urls")),
    path("", include("apps.portfolio.urls")),
    path("", include("apps.pool.urls")),
    path("", include("apps.telephony.urls")),
    path("", include("apps.workday.urls")),
    path("", include("apps.agenda.urls")),
    path("", include("apps.bulk.urls")),
    path("", include("apps.staffing.urls")),
    path("", include("apps.privacy.urls")),
    path("", include("apps.reports.urls")),
    path("imports/", include("apps.exchange.urls")),
    path("overnight/", include("apps.overnight.urls")),
]
