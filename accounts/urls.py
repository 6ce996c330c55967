from django.urls import path

from accounts import invitation_views, views

app_name = "accounts"
urlpatterns = [
    path("register/", views.register, name="register"),
    path("register/confirm/", views.register_confirm, name="register-confirm"),
    path("register/resend/", views.register_resend, name="register-resend"),
    path("username/", views.username_check, name="username-check"),
    path("invitation/", invitation_views.invitation, name="invitation"),
    path("invitation/confirm/", invitation_views.invitation_confirm, name="invitation-confirm"),
    path("invitation/<str:token>/", invitation_views.accept_invitation, name="accept-invitation"),
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-in/code/", views.sign_in_code, name="sign-in-code"),
    path("sign-in/resend/", views.sign_in_resend, name="sign-in-resend"),
    path("sign-out/", views.sign_out, name="sign-out"),
]
