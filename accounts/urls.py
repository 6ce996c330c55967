from django.urls import path

from accounts import card_views, invitation_views, password_views, session_views, views

app_name = "accounts"
urlpatterns = [
    path("card/", card_views.card, name="card"),
    path("letters/", card_views.letters, name="letters"),
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
    path("reset/", password_views.reset, name="reset"),
    path("reset/confirm/", password_views.reset_confirm, name="reset-confirm"),
    path("reset/resend/", password_views.reset_resend, name="reset-resend"),
    path("password/", password_views.change_password, name="password"),
    path("sessions/", session_views.devices, name="sessions"),
    path("sessions/end/", session_views.end_one, name="sessions-end"),
    path("sessions/end-others/", session_views.end_others, name="sessions-end-others"),
    path("sign-out/", views.sign_out, name="sign-out"),
]
