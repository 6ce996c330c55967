from django.urls import path

from circulation.views import reader, staff

app_name = "circulation"
urlpatterns = [
    path("loans/", reader.my_loans, name="my-loans"),
    path("holds/", reader.place_hold, name="place-hold"),
    path("holds/<uuid:pk>/cancel/", reader.cancel_hold, name="cancel-hold"),
    path("desk/", staff.desk, name="desk"),
    path("pick-list/", staff.pick_list, name="pick-list"),
    path("pick-list/<uuid:pk>/confirm/", staff.confirm_hold, name="confirm-hold"),
    path("pick-list/<uuid:pk>/refuse/", staff.refuse_hold, name="refuse-hold"),
]
