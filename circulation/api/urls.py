from django.urls import include, path
from rest_framework.routers import SimpleRouter

from circulation.api import holds, loans, money, patrons, rules

router = SimpleRouter()
router.register("loans", loans.LoansViewSet, basename="api-loan")
router.register("holds", holds.HoldsViewSet, basename="api-hold")
router.register("charges", money.ChargesViewSet, basename="api-charge")
router.register("payments", money.PaymentsViewSet, basename="api-payment")
router.register("waivers", money.WaiversViewSet, basename="api-waiver")
router.register("refunds", money.RefundsViewSet, basename="api-refund")
router.register("loan-rules", rules.LoanRulesViewSet, basename="api-loan-rule")

urlpatterns = [
    path("", include(router.urls)),
    path("patrons/", patrons.PatronsView.as_view(), name="api-patrons"),
    path("check-ins/", loans.CheckInView.as_view(), name="api-check-in"),
    path("pick-list/", holds.PickListView.as_view(), name="api-pick-list"),
]
