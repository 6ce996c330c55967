"""Staff place a hold against what the rules say: which reasons, why, and on every surface."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.tests.factories import make_librarian, make_patron
from catalog.tests.factories import make_branch, make_copy
from circulation import errors, privacy, services
from circulation.forgetting import past
from circulation.models import Hold, LendingSettings, LoanRule, Override
from circulation.tests.blocks import put
from circulation.tests.factories import MONDAY, make_hold, make_loan
from library.activity.models import Activity
from library.core.errors import NotAllowed
from library.core.privacy.registry import Person
from tests.html import faults

pytestmark = pytest.mark.django_db
AGAINST = ["patron_restricted"]


@pytest.fixture
def staff():
    return make_librarian()


@pytest.fixture
def reader():
    patron = make_patron()
    put(patron, "patron_restricted", at=MONDAY)
    return patron


def place(copy, reader, by, **values):
    wish = {"book": copy.book, "patron": reader, "branch": copy.branch, "by": by, "at": MONDAY}
    return services.place_hold(**wish, **values)


def rule(**values):
    LoanRule.objects.filter(branch=None, tier=None, item_type=None).update(**values)


def test_refused_reason_is_set_aside_with_a_comment_and_kept(reader, staff):
    copy = make_copy()
    with pytest.raises(errors.PatronRestricted):
        place(copy, reader, staff)
    hold = place(copy, reader, staff, override=AGAINST, comment=" She came by. ")
    assert (hold.state, hold.copy) == ("requested", copy)
    kept = Override.objects.get()
    assert (kept.hold, kept.loan, kept.verb, kept.by, kept.comment) == (hold, None, "place_hold", staff, "She came by.")
    assert [reason["code"] for reason in kept.reasons] == AGAINST
    assert Activity.objects.filter(verb="hold.overridden", actor=staff).count() == 1


def test_each_reason_has_to_be_named(reader, staff):
    rule(on_shelf_holds="all_unavailable")
    copy = make_copy()
    with pytest.raises(errors.Refusal) as refusal:
        place(copy, reader, staff, override=AGAINST, comment="So")
    assert [reason.code for reason in refusal.value.reasons] == [*AGAINST, "on_shelf_hold_not_allowed"]
    assert not Hold.objects.exists()
    both = [*AGAINST, "on_shelf_hold_not_allowed"]
    assert place(copy, reader, staff, override=both, comment="So").copy == copy


def test_what_is_impossible_stays(staff):
    patron = make_patron()
    loan = make_loan(patron=patron)
    with pytest.raises(errors.BookAlreadyLentToPatron):
        place(loan.copy, patron, staff, override=["book_already_lent_to_patron"], comment="So")


def test_without_comment_or_permission_nothing_is_placed(reader, staff):
    copy = make_copy()
    with pytest.raises(errors.CommentRequired):
        place(copy, reader, staff, override=AGAINST, comment=" ")
    with pytest.raises(NotAllowed):
        place(copy, reader, reader.user, override=AGAINST, comment="I want it")
    assert not Hold.objects.exists()


def test_limits_are_set_aside_in_the_queue_too(staff):
    rule(holds_per_day=1)
    patron, copy = make_patron(), make_loan().copy
    make_hold(patron=patron, placed_at=MONDAY)
    hold = place(copy, patron, staff, override=["holds_per_day_reached"], comment="So")
    assert (hold.state, hold.position) == ("queued", 1)


def test_what_the_rules_keep_for_nobody_is_had_only_where_it_stands_free(staff):
    """No queue would ever serve it."""
    rule(holds_allowed=0)
    patron, free, lent = make_patron(), make_copy(), make_loan().copy
    by_hand = {"override": ["hold_not_allowed"], "comment": "So"}
    assert place(free, patron, staff, **by_hand).copy == free
    with pytest.raises(errors.HoldNotAllowed):
        place(lent, patron, staff, **by_hand)
    assert Hold.objects.count() == Override.objects.count() == 1


def test_reasons_that_do_not_apply_do_no_harm_and_leave_no_trace(staff):
    place(make_copy(), make_patron(), staff, override=AGAINST, comment="So")
    assert not Override.objects.exists()


@pytest.mark.parametrize("values", [{"verb": "place_hold"}, {"verb": "renew", "with_hold": True}])
def test_database_refuses_one_that_is_of_another_thing(values, staff):
    hold = make_hold() if values.pop("with_hold", False) else None
    with pytest.raises(IntegrityError, match="override_of_what_its_verb_makes"), transaction.atomic():
        Override.objects.create(hold=hold, reasons=[], comment="So", by=staff, at=MONDAY, **values)


# On each surface


def test_api_places_it(api_of, reader, staff):
    copy = make_copy()
    body = {"book": copy.book_id, "branch": copy.branch.code, "patron": reader.card_number}
    holds = reverse("api-hold-list")
    refused = api_of(staff).post(holds, body, "application/json")
    assert (refused.status_code, refused.json()["code"]) == (409, AGAINST[0])
    done = api_of(staff).post(holds, body | {"override": AGAINST, "comment": "So"}, "application/json")
    assert (done.status_code, done.json()["state"]) == (201, "requested")
    assert Override.objects.get().by == staff
    mine = api_of(reader.user).post(holds, body | {"override": AGAINST, "comment": "So"}, "application/json")
    assert mine.status_code == 403


@pytest.fixture
def api_of(client):
    def signed_in(user):
        client.force_login(user)
        return client

    return signed_in


def test_command_places_it(reader, staff):
    copy, said = make_copy(), StringIO()
    place_it = ["desk", "--as", staff.email, "place-hold", str(copy.book_id), reader.card_number]
    call_command(
        *place_it, "--branch", copy.branch.code, "--override", *AGAINST, "--comment", "She came by", stdout=said
    )
    assert Override.objects.get().comment == "She came by"


def ask(client, copy, reader, **values):
    wish = {"card": reader.card_number, "branch": copy.branch_id, "copy": "", "once": "a" * 32} | values
    return client.post(reverse("circulation:ask-for-reader", args=[copy.book_id]), wish)


def test_page_of_the_queue_offers_to_set_aside_and_does_it_once(client, reader, staff):
    client.force_login(staff)
    copy = make_copy()
    refused = ask(client, copy, reader)
    shown = refused.content.decode()
    assert refused.status_code == 422
    assert f'value="{AGAINST[0]}"' in shown
    assert f'value="{reader.card_number}"' in shown
    assert faults(shown) == []
    assert "Say why" in ask(client, copy, reader, override=AGAINST).content.decode() or not Hold.objects.exists()
    for _twice in range(2):
        done = ask(client, copy, reader, override=AGAINST, comment="So", once="b" * 32)
        assert done.status_code == 302
    assert Hold.objects.count() == 1
    page = client.get(reverse("circulation:queue", args=[copy.book_id])).content.decode()
    assert "Requested for" in page
    assert faults(page) == []


def test_page_says_what_is_wrong_with_what_was_typed(client, staff):
    client.force_login(staff)
    copy = make_copy()
    shown = ask(client, copy, make_patron(), card="L-0").content.decode()
    assert "No reader has this card." in shown
    assert ask(client, copy, make_patron(), branch="0").status_code == 422
    assert not Hold.objects.exists()


def test_reasons_are_not_offered_to_who_may_not_set_them_aside(client, reader, staff):
    from django.contrib.auth.models import Permission

    clerk = make_patron().user
    clerk.user_permissions.add(Permission.objects.get(codename="change_hold"))
    client.force_login(clerk)
    shown = ask(client, make_copy(), reader)
    assert shown.status_code == 422
    assert 'name="override"' not in shown.content.decode()


def test_readers_do_not_see_the_page(client, reader):
    client.force_login(reader.user)
    assert ask(client, make_copy(), reader).status_code == 403


# What becomes of it


def test_reader_has_it_in_their_copy_and_its_words_go_with_them(reader, staff):
    place(make_copy(), reader, staff, override=AGAINST, comment="She came by")
    person = Person(id=reader.pk)
    (told,) = privacy.exported(person)["overrides"]
    assert (told["comment"], told["verb"]) == ("She came by", "place_hold")
    privacy.erase(person)
    assert Override.objects.get().comment == privacy.SCRUBBED


def test_it_goes_with_a_hold_that_is_forgotten(reader, staff):
    hold = place(make_copy(), reader, staff, override=AGAINST, comment="So")
    services.cancel_hold(hold=hold, by=staff, at=MONDAY)
    LendingSettings.objects.update_or_create(pk=1, defaults={"anonymise_after_days": 1})
    assert past.forget_past_of(reader.pk, at=MONDAY.replace(month=6))
    assert not Override.objects.exists()


def test_double_click_on_the_readers_own_form_places_one_hold(client):
    rule(holds_per_book=2)
    reader, copy = make_patron(), make_loan().copy
    copy.branch = make_branch()
    client.force_login(reader.user)
    assert 'name="once"' in client.get(copy.book.get_absolute_url(), {"tab": "request"}).content.decode()
    wish = {"book": copy.book_id, "branch": copy.branch.pk, "once": "c" * 32}
    for _twice in range(2):
        assert client.post(reverse("circulation:place-hold"), wish).status_code == 302
    assert Hold.objects.count() == 1
    client.post(reverse("circulation:place-hold"), wish | {"once": "d" * 32})
    assert Hold.objects.count() == 2
