from django.urls import URLPattern, path

from apps.customers import views

urlpatterns: list[URLPattern] = [
    path("", views.customers, name="customers"),
    path("<int:pk>/", views.customer, name="customer"),
]
