from django.urls import path

from apps.members.views import single_sign_on

urlpatterns = [
    path("account/single-sign-on/", single_sign_on.single_sign_on, name="single_sign_on"),
    path(
        "account/single-sign-on/back/",
        single_sign_on.single_sign_on_back,
        name="single_sign_on_back",
    ),
]
