from django.urls import URLPattern, path, register_converter

from apps.metrics.periods import Period, parse_period
from apps.reports.views import weekly
from apps.reports.views.dashboard import dashboard


class WeekConverter:
    """An ISO week in an address, such as 2017-W40; a week that its year does not have is 404."""

    regex = "[0-9]{4}-W[0-9]{2}"

    def to_python(self, value: str) -> Period:
        return parse_period(value)

    def to_url(self, value: Period | str) -> str:
        return value if isinstance(value, str) else value.key


register_converter(WeekConverter, "week")

urlpatterns: list[URLPattern] = [
    path("dashboard/", dashboard, name="dashboard"),
    path("dashboard/<slug:slug>/", dashboard, name="dashboard_team"),
    path("reports/", weekly.reports, name="reports"),
    path(
        "reports/weekly/<slug:slug>/<week:week>/", weekly.weekly_report_page, name="weekly_report"
    ),
    path(
        "reports/weekly/<slug:slug>/<week:week>/pdf",
        weekly.weekly_report_pdf,
        name="weekly_report_pdf",
    ),
    path(
        "reports/weekly/<slug:slug>/<week:week>/send",
        weekly.weekly_report_send,
        name="weekly_report_send",
    ),
    path(
        "reports/deliveries/<int:pk>/send-again",
        weekly.delivery_send_again,
        name="delivery_send_again",
    ),
]
