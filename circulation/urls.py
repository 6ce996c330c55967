from django.urls import path

from circulation.views import desk, enrolment, feeds, holds, lists, picks, reader, story

app_name = "circulation"
urlpatterns = [
    path("loans/", reader.my_loans, name="my-loans"),
    path("loans/calendar.ics", feeds.download, name="my-calendar"),
    path("loans/calendar-address/", feeds.address, name="calendar-address"),
    path("calendar/<str:token>.ics", feeds.feed, name="calendar-feed"),
    path("loans/all/", lists.all_loans, name="all-loans"),
    path("loans/all.csv", lists.all_loans_csv, name="all-loans-csv"),
    path("loans/all.xlsx", lists.all_loans_xlsx, name="all-loans-xlsx"),
    path("holds/", holds.place_hold, name="place-hold"),
    path("holds/<uuid:pk>/cancel/", holds.cancel_hold, name="cancel-hold"),
    path("holds/<uuid:pk>/suspend/", holds.suspend_hold, name="suspend-hold"),
    path("holds/<uuid:pk>/resume/", holds.resume_hold, name="resume-hold"),
    path("holds/<uuid:pk>/branch/", holds.change_pickup, name="change-pickup"),
    path("loans/renew-all/", reader.renew_all, name="renew-all"),
    path("loans/<uuid:pk>/", story.loan, name="loan"),
    path("loans/<uuid:pk>/renew/", reader.renew, name="renew"),
    path("loans/<uuid:pk>/claim/", story.claim, name="claim"),
    path("desk/", desk.desk, name="desk"),
    path("desk/register/", enrolment.register, name="register-reader"),
    path("desk/taken/", desk.forget_taken, name="desk-forget-taken"),
    path("desk/branch/", desk.choose_branch, name="desk-branch"),
    path("desk/override/", desk.override, name="desk-override"),
    path("desk/renew-all/", desk.renew_all, name="desk-renew-all"),
    path("desk/loans/<uuid:pk>/renew/", desk.renew, name="desk-renew"),
    path("desk/explain/", story.explain, name="explain"),
    path("pick-list/", picks.pick_list, name="pick-list"),
    path("pick-list/<uuid:pk>/confirm/", picks.confirm_hold, name="confirm-hold"),
    path("pick-list/<uuid:pk>/refuse/", picks.refuse_hold, name="refuse-hold"),
]
