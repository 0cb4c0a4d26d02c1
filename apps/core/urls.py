from django.urls import URLPattern, path

from apps.core import views

urlpatterns: list[URLPattern] = [
    path("", views.home, name="home"),
    path("language/", views.choose_language, name="choose_language"),
    path("theme/", views.choose_theme, name="choose_theme"),
    path("components/", views.components, name="components"),
    path("favicon.ico", views.favicon, name="favicon"),
]
