"""Receipts and statements on paper and by letter, read back as a reader's program would."""

from __future__ import annotations

import unicodedata
from uuid import uuid4

import pytest
from django.core import mail
from django.urls import reverse

from accounts.tests.factories import make_patron
from circulation import money
from circulation.money import receipts
from circulation.tests.money.common import cash, sum_of
from library.core.errors import NotFound
from library.notices import outbox
from library.notices.letters import mails
from library.notices.models import Notice, NoticeState
from library.profile.models import LibraryProfile

pytestmark = pytest.mark.django_db


def words(content):
    """The text of a PDF, its forms of letters folded back, without white space."""
    import pymupdf

    with pymupdf.open(stream=content, filetype="pdf") as document:
        text = "".join(page.get_text() for page in document)
    return "".join(sign for sign in unicodedata.normalize("NFKC", text) if sign.isprintable() and not sign.isspace())


def paid(reader, amount="4.00"):
    money.charge(patron=reader, amount=sum_of("3.00"), text="A new card", by=None)
    return money.pay(patron=reader, amount=sum_of(amount), kind=cash(), by=None)


def test_receipt_says_who_paid_what_for_what():
    LibraryProfile(name="City Library", address="1 High Street\nTown").save()
    reader = make_patron(full_name="Ada Lovelace")
    content = receipts.receipt_pdf(paid(reader))
    assert content.startswith(b"%PDF-")
    text = words(content)
    for said in (
        "CityLibrary",
        "1HighStreet",
        "AdaLovelace",
        "Receipt1",
        "Anewcard",
        "3.00EUR",
        "Credit",
        "1.00EUR",
        "4.00EUR",
    ):
        assert said in text


def test_receipt_printed_again_says_the_same_whatever_came_after():
    reader = make_patron()
    payment = paid(reader)
    first = words(receipts.receipt_pdf(payment))
    money.charge(patron=reader, amount=sum_of("1.00"), text="A copy", by=None)
    payment.refresh_from_db()
    assert words(receipts.receipt_pdf(payment)) == first


@pytest.mark.parametrize(
    "name", ["Ἀδα Λάβλεϊς", "Ада Лавлейс", "Đặng Thị Hằng", "東京太郎", "김철수", "Łukasz Żółć", "İpek Öz"]
)
def test_names_in_every_writing_print_right(name):
    reader = make_patron(full_name=name)
    text = words(receipts.statement_pdf(reader))
    assert "".join(unicodedata.normalize("NFKC", name).split()) in text


def test_arabic_is_joined_and_runs_from_right_to_left():
    reader = make_patron(full_name="محمد")
    assert "محمد" in words(receipts.statement_pdf(reader))


def test_statement_of_an_arabic_name_is_found_by_its_card():
    """Dotted letters are no whole text in the file (docs/findings.md); the number beside them is, in any script."""
    reader = make_patron(full_name="ليلى الخالدي")
    assert reader.card_number in words(receipts.statement_pdf(reader))


@pytest.mark.parametrize(("currency", "sums"), [("JPY", "80JPY"), ("KWD", "80.000KWD"), ("EUR", "80.00EUR")])
def test_sums_have_the_digits_of_the_currency(currency, sums):
    LibraryProfile(currency=currency).save()
    reader = make_patron()
    money.charge(patron=reader, amount=sum_of("80"), text="A new card", by=None)
    assert sums in words(receipts.statement_pdf(reader))


def test_statement_counts_credit_against_what_is_open():
    reader = make_patron()
    first = money.charge(patron=reader, amount=sum_of("3.00"), text="One", by=None)
    money.charge(patron=reader, amount=sum_of("5.00"), text="Two", by=None)
    money.pay(patron=reader, amount=sum_of("4.00"), kind=cash(), by=None, charges=[first.pk])
    text = words(receipts.statement_pdf(reader))
    for said in ("Open5.00EUR", "Credit1.00EUR", "Topay4.00EUR"):
        assert said in text
    assert "Nothingtolist." not in text


def test_long_statements_go_on_to_further_pages():
    import pymupdf

    reader = make_patron()
    for n in range(70):
        money.charge(patron=reader, amount=sum_of("1.00"), text=f"Line {n}", by=None)
    with pymupdf.open(stream=receipts.statement_pdf(reader), filetype="pdf") as document:
        assert len(document) == 3


def test_reader_takes_their_own_and_staff_any(client, librarian):
    reader, other = make_patron(), make_patron()
    payment = paid(reader)
    address = reverse("circulation:receipt", args=[payment.number])
    client.force_login(reader.user)
    for path in (address, reverse("circulation:statement")):
        answer = client.get(path)
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    client.force_login(other.user)
    assert client.get(address).status_code == 404
    assert client.get(reverse("circulation:receipt", args=[99])).status_code == 404
    client.force_login(librarian)
    assert client.get(address).status_code == 200
    assert client.get(f"{reverse('circulation:statement')}?reader={reader.pk}").status_code == 200


def test_refund_has_a_receipt_of_its_own(client, librarian):
    reader = make_patron()
    paid(reader)
    (refund,) = money.refund(patron=reader, amount=sum_of("1.00"), kind=cash(), by=librarian, reason="Too much")
    client.force_login(reader.user)
    text = words(client.get(reverse("circulation:receipt", args=[refund.number])).content)
    assert "Receipt2:paidback" in text
    assert "Toomuch" in text


def test_by_e_mail_on_demand_once_for_each_press(client):
    reader = make_patron()
    payment = paid(reader)
    client.force_login(reader.user)
    sent = {"once": str(uuid4())}
    for _twice in range(2):
        client.post(reverse("circulation:send-receipt", args=[payment.number]), sent)
    notice = Notice.objects.get(kind="receipt")
    assert (notice.user, notice.context["amount"]) == (reader.user, "4.00 EUR")
    client.post(reverse("circulation:send-statement"))
    assert Notice.objects.get(kind="statement").context["amount"] == "-1.00 EUR"


def test_the_letter_brings_the_receipt_and_the_statement_as_files():
    reader = make_patron(full_name="Ada Lovelace")
    receipts.send(paid(reader))
    receipts.send_statement(reader)
    assert outbox.send_due() == 2
    files = {file.filename: file for letter in mail.outbox for file in letter.attachments}
    assert set(files) == {"receipt-1.pdf", "statement.pdf"}
    assert {file.mimetype for file in files.values()} == {"application/pdf"}
    assert "Receipt1" in words(files["receipt-1.pdf"].content)
    assert "AdaLovelace" in words(files["statement.pdf"].content)


def test_a_file_too_large_for_a_mail_stays_behind_and_the_letter_goes(monkeypatch):
    monkeypatch.setattr(mails, "LARGEST_FILE", 100)
    row = receipts.send(paid(make_patron()))
    assert outbox.send_due() == 1
    (letter,) = mail.outbox
    assert (letter.attachments, "4.00 EUR" in letter.body) == ([], True)
    row.refresh_from_db()
    assert row.state == NoticeState.SENT


def test_nobody_is_sent_the_receipt_of_somebody_else():
    row = receipts.send(paid(make_patron()))
    Notice.objects.filter(pk=row.pk).update(user=make_patron().user)
    with pytest.raises(NotFound):
        mails.mail_of(Notice.objects.get(pk=row.pk))
    assert outbox.send_due() == 0
    assert mail.outbox == []


def test_api_gives_both_as_pdf(api):
    reader = make_patron()
    payment, client = paid(reader), api(reader.user)
    for path in (f"payments/{payment.pk}/receipt", "charges/statement"):
        answer = client.get(f"/api/v1/{path}/")
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
        assert answer.content.startswith(b"%PDF-")
    assert api(make_patron().user).get(f"/api/v1/payments/{payment.pk}/receipt/").status_code == 404
