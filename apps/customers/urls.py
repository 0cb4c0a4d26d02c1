from django.urls import URLPattern, path

from apps.customers import views

urlpatterns: list[URLPattern] = [
    path("", views.customers, name="customers"),
    path("export/", views.customers_export, name="customers_export"),
    path("<int:pk>/", views.customer, name="customer"),
]
