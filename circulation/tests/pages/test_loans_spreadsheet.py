"""The list of loans as a spreadsheet, opened again by another program's reader."""

import io
import os
import tempfile
from datetime import UTC, datetime

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.tests.factories import make_patron
from catalog.tests.factories import make_book, make_copy
from circulation.models import Loan
from circulation.reports import filters, xlsx
from circulation.reports.xlsx import loans_as_xlsx
from circulation.tests.factories import make_loan
from circulation.tests.pages.test_all_loans import FILE, LOANS, rows_of
from circulation.tests.pages.test_reader_pages import text_of
from library.activity.models import Activity

pytestmark = pytest.mark.django_db
SHEET = reverse("circulation:all-loans-xlsx")
LENT = datetime(2026, 3, 2, 10, 0, 59, tzinfo=UTC)


@pytest.fixture
def staff(client, librarian):
    client.force_login(librarian)
    return client


def sheet_of(response):
    assert response.status_code == 200
    return load_workbook(io.BytesIO(b"".join(response.streaming_content))).active


def cells_of(sheet, row=2):
    return {name.value: cell for name, cell in zip(sheet[1], sheet[row], strict=True)}


def titled(title, barcode="", **values):
    copy = {"barcode": barcode} if barcode else {}
    return make_loan(copy=make_copy(book=make_book(title=title), **copy), **values)


def test_spreadsheet_is_for_staff(client):
    assert client.get(SHEET).status_code == 302
    client.force_login(make_patron().user)
    assert client.get(SHEET).status_code == 403


def test_codes_are_text_dates_are_dates_and_names_stay_in_sight(staff, librarian):
    reader = make_patron(full_name="Amina Diallo", card_number="0000123456789012")
    loan = titled("1984", "00310000000000012345", patron=reader, checked_out_at=LENT)
    response = staff.get(SHEET, {"status": "out"})
    assert response["Content-Type"] == xlsx.CONTENT_TYPE
    assert response["Content-Disposition"].endswith('.xlsx"')
    assert response["Cache-Control"] == "private, no-store"
    sheet = sheet_of(response)
    assert sheet.freeze_panes == "A2"
    cells = cells_of(sheet)
    assert {name: (cells[name].value, cells[name].data_type) for name in ("barcode", "title", "card", "reader")} == {
        "barcode": ("00310000000000012345", "s"),
        "title": ("1984", "s"),
        "card": ("0000123456789012", "s"),
        "reader": ("Amina Diallo", "s"),
    }
    lent = timezone.make_naive(LENT, timezone.get_default_timezone()).replace(second=0)
    assert (cells["lent"].value, cells["lent"].is_date) == (lent, True)
    assert (cells["renewals"].value, cells["renewals"].data_type) == (0, "n")
    assert cells["returned"].value is None
    assert cells["loan"].value == str(loan.pk)
    written = Activity.objects.get(verb="loans.exported")
    assert (written.actor, written.data) == (librarian, {"status": "out"})


@pytest.mark.parametrize(
    "title",
    [
        "=1+1",
        "{=1+1}",
        "@SUM(A1)",
        "+1",
        "-1",
        "#N/A",
        "https://example.org/",
        "mailto:a@example.org",
        "TRUE",
        "007",
        "2026-03-02",
        "a;=1+1",
        "<b>&amp;",
        "Ünïcødé 𝔘",
    ],
)
def test_no_title_is_anything_but_text(staff, title):
    titled(title)
    cell = cells_of(sheet_of(staff.get(SHEET)))["title"]
    assert (cell.value, cell.data_type, cell.hyperlink) == (title, "s", None)


@pytest.mark.parametrize("sign", ["\x01", "\x0b", "\x1f", "\ufffe", "\uffff"])
def test_a_sign_that_xml_cannot_hold_harms_nothing(staff, sign):
    loan = titled("Emma")
    loan.copy.book.title = f"Em{sign}ma"
    with loans_as_xlsx([[loan]], at=LENT) as file:
        assert cells_of(load_workbook(file).active)["title"].value == f"Em_x{ord(sign):04X}_ma"  # ECMA-376, ST_Xstring


def test_text_that_is_longer_than_a_cell_is_cut():
    loan = titled("Emma")
    loan.copy.book.title = "x" * 32_768
    with loans_as_xlsx([[loan]], at=LENT) as file:
        assert len(cells_of(load_workbook(file).active)["title"].value) == 32_767


def test_it_has_the_rows_of_the_csv_file_in_their_order(staff):
    for title in ("Emma", "Persuasion", "Emma again"):
        titled(title)
    titled("Emma's", returned_at=timezone.now())
    wanted = {"q": "emma", "status": "out"}
    written = [
        {name: cell.value for name, cell in cells_of(sheet, row).items()}
        for sheet in [sheet_of(staff.get(SHEET, wanted))]
        for row in range(2, sheet.max_row + 1)
    ]
    read = rows_of(staff.get(FILE, wanted))
    assert [list(row) for row in written] == [list(row) for row in read]
    assert [(row["loan"], row["title"], f"{row['due']:%Y-%m-%d %H:%M}") for row in written] == [
        (row["loan"], row["title"], row["due"]) for row in read
    ]
    assert len(read) == 2


def test_many_batches_are_one_query_each_and_leave_nothing_behind(monkeypatch, tmp_path, django_assert_num_queries):
    monkeypatch.setattr(filters, "BATCH", 2)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    made = {str(titled(f"Book {number}", checked_out_at=LENT).pk) for number in range(5)}
    with django_assert_num_queries(3):
        file = loans_as_xlsx(filters.in_batches(filters.narrowed(Loan.objects.all(), {}, at=LENT)), at=LENT)
    rows = load_workbook(file)["Loans"].iter_rows(min_row=2)
    assert {row[0].value for row in rows} == made
    file.close()
    assert os.listdir(tmp_path) == []


def test_rows_that_cannot_be_read_leave_nothing_behind(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def batches():
        yield [titled("Emma")]
        raise ConnectionError("away")

    with pytest.raises(ConnectionError):
        loans_as_xlsx(batches(), at=LENT)
    assert os.listdir(tmp_path) == []


def test_more_loans_than_a_spreadsheet_is_made_of_are_told(staff, monkeypatch):
    monkeypatch.setattr(xlsx, "MOST_ROWS", 2)
    titled("Emma")
    titled("Persuasion")
    assert sheet_of(staff.get(SHEET)).max_row == 3
    titled("Sanditon")
    refused = text_of(staff.get(SHEET), 422)
    assert "A spreadsheet is made of at most 2 loans. Narrow the list, for example by due dates" in refused
    assert Activity.objects.filter(verb="loans.exported").count() == 1
    assert sheet_of(staff.get(SHEET, {"q": "Emma"})).max_row == 2


def test_filter_that_cannot_be_leads_to_the_list(staff):
    assert staff.get(SHEET, {"status": "borrowed"})["Location"] == f"{LOANS}?status=borrowed"


def test_both_files_are_linked_with_the_filters_kept(staff):
    titled("Emma")
    page = text_of(staff.get(LOANS, {"q": "Emma", "status": "out"}))
    for address, words in ((FILE, "As a CSV file"), (SHEET, "As a spreadsheet (XLSX)")):
        assert f'href="{address}?q=Emma&amp;status=out"' in page
        assert words in page
