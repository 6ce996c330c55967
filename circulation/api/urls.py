from django.urls import include, path
from rest_framework.routers import SimpleRouter

from circulation.api import holds, loans, patrons, rules

router = SimpleRouter()
router.register("loans", loans.LoansViewSet, basename="api-loan")
router.register("holds", holds.HoldsViewSet, basename="api-hold")
router.register("loan-rules", rules.LoanRulesViewSet, basename="api-loan-rule")

urlpatterns = [
    path("", include(router.urls)),
    path("patrons/", patrons.PatronsView.as_view(), name="api-patrons"),
    path("check-ins/", loans.CheckInView.as_view(), name="api-check-in"),
    path("pick-list/", holds.PickListView.as_view(), name="api-pick-list"),
]
