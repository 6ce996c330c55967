from django.urls import include, path
from rest_framework.routers import SimpleRouter

from circulation.api import views

router = SimpleRouter()
router.register("loans", views.LoansViewSet, basename="api-loan")
router.register("holds", views.HoldsViewSet, basename="api-hold")

urlpatterns = [
    path("", include(router.urls)),
    path("check-ins/", views.CheckInView.as_view(), name="api-check-in"),
    path("pick-list/", views.PickListView.as_view(), name="api-pick-list"),
]
