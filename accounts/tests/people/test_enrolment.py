from __future__ import annotations

import re
from datetime import date

import numpy as np
import pytest
import zxingcpp
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import errors
from accounts.models import OneTimeCode, Role, Tier, User
from accounts.people import card_barcode, patron_search
from accounts.services import credentials, enrolment, people, printed_letters
from accounts.sign_in import steps
from accounts.tests.factories import PASSWORD, make_librarian, make_patron, make_user
from accounts.tests.helpers import deliver
from library.activity.models import Activity
from library.core.errors import InvalidInput, NotAllowed
from library.notices import outbox
from library.notices import services as notices
from library.notices.models import Notice, NoticeState

pytestmark = pytest.mark.django_db
BORN = date(1990, 5, 17)


@pytest.fixture
def librarian():
    return make_librarian()


@pytest.mark.parametrize("number", ["L-123456789", "20001234", "abc", "R/7-x", "a" * 40, "1", "L-01"])
def test_scanner_reads_the_card_that_is_drawn(number):
    drawn = card_barcode.bars(number)
    assert drawn is not None
    picture = np.full((60, drawn.width * 3), 255, dtype=np.uint8)
    for start, width in re.findall(r"M(\d+) 0h(\d+)", drawn.path):
        picture[:, int(start) * 3 : (int(start) + int(width)) * 3] = 0
    (read,) = zxingcpp.read_barcodes(picture)
    assert (read.format, read.text) == (zxingcpp.BarcodeFormat.Code128, number)


@pytest.mark.parametrize("number", ["", "ä", "a\n", "a" * 41])
def test_number_that_code_128_cannot_hold_is_not_drawn(number):
    assert card_barcode.bars(number) is None


def test_reader_is_registered_at_the_desk_with_an_address_and_chooses_a_password_by_code(librarian):
    patron = enrolment.enrol(full_name=" Ada  Byron ", email="ada@Example.org", birth_date=BORN, by=librarian)
    assert (patron.user.full_name, patron.user.email) == ("Ada Byron", "ada@example.org")
    assert (patron.birth_date, patron.tier.code, patron.user.role) == (BORN, "reader", Role.PATRON)
    assert not patron.user.has_usable_password()
    assert Activity.objects.get(verb="account.enrolled").actor == librarian

    assert outbox.send_due() == 1
    assert patron.card_number in mail.outbox[0].body
    assert reverse("accounts:reset") in mail.outbox[0].body
    credentials.ask_to_reset(email="ada@example.org")
    credentials.reset(email="ada@example.org", digits=deliver(), password=PASSWORD)
    assert steps.begin(email="ada@example.org", password=PASSWORD).challenge


def test_reader_without_an_address_has_a_card_no_sign_in_and_a_letter_on_paper(librarian, client):
    patron = enrolment.enrol(full_name="Ada Byron", by=librarian, card_number="20001234")
    assert (patron.user.email, patron.card_number) == (None, "20001234")
    assert outbox.send_due() == 0
    with pytest.raises(InvalidInput):
        steps.begin(email="", password=PASSWORD)
    client.force_login(librarian)
    page = client.get(reverse("accounts:letters")).content.decode()
    assert "20001234" in page
    assert 'class="barcode"' in page
    assert "without an e-mail address" in page

    row = Notice.objects.get()
    client.post(reverse("accounts:letters"), {"letter": [row.pk, "no id"]})
    row.refresh_from_db()
    assert (row.state, row.context) == (NoticeState.PRINTED, {})
    assert Activity.objects.get(verb="letter.printed").subject == patron.user
    assert "Nothing to print" in client.get(reverse("accounts:letters")).content.decode()


def test_letter_whose_address_went_is_printed_instead():
    patron = make_patron()
    notices.queue(user=patron.user, kind="password_changed")
    User.objects.filter(pk=patron.pk).update(email=None)
    outbox.send_due()
    assert Notice.objects.get().state == NoticeState.PAPER
    assert [letter.subject for letter in printed_letters.to_print()] == ["Your password was changed"]
    assert mail.outbox == []


def test_letter_is_marked_once_and_only_if_it_waits(librarian):
    patron = make_patron(email=None)
    row = notices.queue(user=patron.user, kind="password_changed")
    sent = notices.queue(user=librarian, kind="password_changed")
    assert printed_letters.printed(ids=[row.pk, sent.pk], by=librarian) == 1
    assert printed_letters.printed(ids=[row.pk], by=librarian) == 0


def test_letters_of_one_showing_are_bounded(librarian, client):
    patron = make_patron(email=None)
    for _n in range(printed_letters.AT_ONCE + 1):
        notices.queue(user=patron.user, kind="password_changed")
    client.force_login(librarian)
    assert client.get(reverse("accounts:letters")).content.decode().count("paper-letter") == printed_letters.AT_ONCE
    assert printed_letters.waiting() == printed_letters.AT_ONCE + 1


def test_many_readers_may_have_no_address_but_staff_need_one(librarian):
    make_user(email=None), make_user(email="")
    assert User.objects.filter(email=None).count() == 2
    with pytest.raises(InvalidInput, match="need an e-mail address"):
        people.change_role(user=make_user(email=None), role=Role.LIBRARIAN, by=None)
    with pytest.raises(IntegrityError, match="user_staff_have_address"), transaction.atomic():
        User.objects.filter(pk=librarian.pk).update(email=None)
    with pytest.raises(IntegrityError, match="user_email_not_empty"), transaction.atomic():
        User.objects.filter(pk=librarian.pk).update(email="")


@pytest.mark.parametrize(
    ("there", "asked"),
    [
        (("Ada Byron", BORN), ("Byron, Ada", BORN)),
        (("Ada Byron", BORN), ("ADÁ BYRON", None)),
        (("Ada Byron", None), ("Ada Byron", BORN)),
    ],
)
def test_somebody_of_the_same_name_is_named_before_another_is_registered(librarian, there, asked):
    known = enrolment.enrol(full_name=there[0], birth_date=there[1], by=librarian)
    with pytest.raises(errors.LooksLike) as refusal:
        enrolment.enrol(full_name=asked[0], birth_date=asked[1], by=librarian)
    assert refusal.value.people == (known,)
    other = enrolment.enrol(full_name=asked[0], birth_date=asked[1], by=librarian, is_another=True)
    assert other.user.username != known.user.username


def test_namesake_born_on_another_day_is_another_person(librarian):
    enrolment.enrol(full_name="Ada Byron", birth_date=BORN, by=librarian)
    assert enrolment.enrol(full_name="Ada Byron", birth_date=date(2001, 1, 1), by=librarian)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"full_name": " "}, "full_name"),
        ({"full_name": "a" * 121}, "full_name"),
        ({"email": "no address"}, "email"),
        ({"card_number": "12 34"}, "card_number"),
        ({"card_number": "1" * 41}, "card_number"),
        ({"birth_date": date(2999, 1, 1)}, "birth_date"),
    ],
)
def test_what_can_never_be_right_is_told_beside_its_field(librarian, values, field):
    with pytest.raises(InvalidInput) as refusal:
        enrolment.enrol(**{"full_name": "Ada Byron", "by": librarian} | values)
    assert list(refusal.value.fields) == [field]
    assert not User.objects.filter(full_name="Ada Byron").exists()


def test_taken_address_and_taken_card_are_refused(librarian):
    known = make_patron()
    with pytest.raises(errors.EmailTaken):
        enrolment.enrol(full_name="Ada Byron", email=known.user.address.upper(), by=librarian)
    with pytest.raises(errors.CardTaken):
        enrolment.enrol(full_name="Ada Byron", card_number=known.card_number.lower(), by=librarian)


def test_only_who_may_register_readers_does(librarian):
    with pytest.raises(NotAllowed):
        enrolment.enrol(full_name="Ada Byron", by=make_user())


def test_reader_gets_the_tier_that_staff_say(librarian):
    tier = Tier.objects.create(code="child", name="Child")
    assert enrolment.enrol(full_name="Ada Byron", tier=tier, by=librarian).tier == tier


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("byron", ["Ada Byron", "Bela Byron-Koß"]),
        ("koss bela", ["Bela Byron-Koß"]),
        ("Gunes", ["Güneş Çelik"]),
        ("ada b", ["Ada Byron"]),
        ("yron", []),
        ("o'brien", ["Maeve O’Brien"]),
        ("ADA@example.org ", ["Ada Byron"]),
        ("ada@example", []),
        ("Ada.B", ["Ada Byron"]),
        ("12345", []),
        ("' | !", []),
        ("", []),
    ],
)
def test_people_are_found_by_address_username_or_the_words_of_their_names(typed, found):
    make_user(full_name="Ada Byron", email="ada@example.org", username="ada.b")
    for name in ("Bela Byron-Koß", "Güneş Çelik", "Maeve O’Brien"):
        make_user(full_name=name)
    assert [str(one.user) for one in patron_search.people_like(typed, most=10)] == found


def test_name_is_found_anew_after_it_changed():
    user = make_user(full_name="Ada Byron")
    user.full_name = "Ada Lovelace"
    user.save(update_fields=["full_name"])
    assert patron_search.people_like("byron", most=10) == []
    assert patron_search.people_like("lovelace", most=10) == [user.patron]


def test_names_are_looked_up_in_their_index():
    query = patron_search.named("byron")
    with connection.cursor() as cursor, transaction.atomic():
        for way in (
            "enable_seqscan",
            "enable_mergejoin",
            "enable_hashjoin",
            "enable_indexscan",
        ):  # few rows: any would do
            cursor.execute(f"SET LOCAL {way} = off")  # names of our own
        assert "user_name_words" in query.explain()


def test_card_page_shows_number_and_lines_and_menu_costs_no_query_of_its_own(client):
    patron = make_patron()
    client.force_login(patron.user)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        page = client.get(reverse("accounts:card")).content.decode()
    assert page.count(patron.card_number) >= 3  # menu, lines, number
    assert "data-print" in page
    assert len([1 for query in queries if re.search(r"accounts_patron\b", query["sql"])]) == 2
    assert len([1 for query in queries if "accounts_patronblock" in query["sql"]]) == 1


def test_registering_oneself_is_answered_with_a_welcome_letter():
    people.ask_to_register(email="new@example.org")
    user = people.register(email="new@example.org", digits=deliver(), password=PASSWORD, full_name="New Reader")
    outbox.send_due()
    assert user.patron.card_number in mail.outbox[-1].body
    assert reverse("accounts:card") in mail.outbox[-1].body
    assert OneTimeCode.objects.count() == 1
