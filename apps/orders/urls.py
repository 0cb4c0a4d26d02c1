from django.urls import URLPattern, path

from apps.orders import views

urlpatterns: list[URLPattern] = [
    path("", views.orders, name="orders"),
    path("export/", views.orders_export, name="orders_export"),
    path("<int:pk>/", views.order, name="order"),
    path("of-customer/<int:pk>/", views.customer_orders, name="customer_orders"),
    path("of-opportunity/<int:pk>/", views.opportunity_orders, name="opportunity_orders"),
]
