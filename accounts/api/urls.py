from django.urls import path

from accounts.api import password_views, views
from accounts.api.activity import ActivityList
from accounts.api.preferences import MyChoices

urlpatterns = [
    path("auth/otp/", views.AskForCode.as_view(), name="auth-otp"),
    path("auth/register/", views.Register.as_view(), name="auth-register"),
    path("auth/login/", views.Login.as_view(), name="auth-login"),
    path("auth/login/resend/", views.LoginResend.as_view(), name="auth-login-resend"),
    path("auth/token/refresh/", views.TokenRefresh.as_view(), name="auth-token-refresh"),
    path("auth/token/verify/", views.TokenVerify.as_view(), name="auth-token-verify"),
    path("auth/reset/", password_views.Reset.as_view(), name="auth-reset"),
    path("auth/password/", password_views.PasswordChange.as_view(), name="auth-password"),
    path("auth/ticket/", password_views.TicketForSocket.as_view(), name="auth-ticket"),
    path("auth/logout/", views.Logout.as_view(), name="auth-logout"),
    path("auth/invitations/", views.AskForInvitationCode.as_view(), name="auth-invitations"),
    path("auth/invitations/accept/", views.AcceptInvitation.as_view(), name="auth-invitations-accept"),
    path("usernames/<str:name>/", views.Username.as_view(), name="username"),
    path("me/", views.Me.as_view(), name="me"),
    path("me/preferences/", MyChoices.as_view(), name="me-preferences"),
    path("activity/", ActivityList.as_view(), name="activity"),
]
