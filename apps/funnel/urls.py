from django.urls import URLPattern, path

from apps.funnel import views

urlpatterns: list[URLPattern] = [
    path("", views.opportunities, name="opportunities"),
    path("export/", views.opportunities_export, name="opportunities_export"),
    path("<int:pk>/", views.opportunity, name="opportunity"),
    path("of-customer/<int:pk>/", views.customer_opportunities, name="customer_opportunities"),
]
