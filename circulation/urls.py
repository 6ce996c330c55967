from django.urls import path

from circulation.views import feeds, lists, reader, staff

app_name = "circulation"
urlpatterns = [
    path("loans/", reader.my_loans, name="my-loans"),
    path("loans/calendar.ics", feeds.download, name="my-calendar"),
    path("loans/calendar-address/", feeds.address, name="calendar-address"),
    path("calendar/<str:token>.ics", feeds.feed, name="calendar-feed"),
    path("loans/all/", lists.all_loans, name="all-loans"),
    path("loans/all.csv", lists.all_loans_csv, name="all-loans-csv"),
    path("holds/", reader.place_hold, name="place-hold"),
    path("holds/<uuid:pk>/cancel/", reader.cancel_hold, name="cancel-hold"),
    path("desk/", staff.desk, name="desk"),
    path("pick-list/", staff.pick_list, name="pick-list"),
    path("pick-list/<uuid:pk>/confirm/", staff.confirm_hold, name="confirm-hold"),
    path("pick-list/<uuid:pk>/refuse/", staff.refuse_hold, name="refuse-hold"),
]
