from django.urls import path

from accounts.views import cards, invitations, own_address, passwords, preferences, sessions, sign_in

app_name = "accounts"
urlpatterns = [
    path("card/", cards.card, name="card"),
    path("preferences/", preferences.choices, name="preferences"),
    path("address/", own_address.choose, name="address"),
    path("address/confirm/", own_address.confirm, name="address-confirm"),
    path("letters/", cards.letters, name="letters"),
    path("register/", sign_in.register, name="register"),
    path("register/confirm/", sign_in.register_confirm, name="register-confirm"),
    path("register/resend/", sign_in.register_resend, name="register-resend"),
    path("username/", sign_in.username_check, name="username-check"),
    path("invitation/", invitations.invitation, name="invitation"),
    path("invitation/confirm/", invitations.invitation_confirm, name="invitation-confirm"),
    path("invitation/<str:token>/", invitations.accept_invitation, name="accept-invitation"),
    path("sign-in/", sign_in.sign_in, name="sign-in"),
    path("sign-in/code/", sign_in.sign_in_code, name="sign-in-code"),
    path("sign-in/resend/", sign_in.sign_in_resend, name="sign-in-resend"),
    path("reset/", passwords.reset, name="reset"),
    path("reset/confirm/", passwords.reset_confirm, name="reset-confirm"),
    path("reset/resend/", passwords.reset_resend, name="reset-resend"),
    path("password/", passwords.change_password, name="password"),
    path("sessions/", sessions.devices, name="sessions"),
    path("sessions/end/", sessions.end_one, name="sessions-end"),
    path("sessions/end-others/", sessions.end_others, name="sessions-end-others"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
]
