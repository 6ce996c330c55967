"""Copies, and whose their status is."""

import pytest

from catalog import queries, services
from catalog.errors import BarcodeTaken, CopyInCirculation
from catalog.models import Copy, CopyStatus
from catalog.tests.factories import make_book, make_branch, make_copy
from library.core.errors import InvalidInput

pytestmark = pytest.mark.django_db


def test_a_copy_comes_to_its_shelf():
    copy = services.add_copy(book=make_book(), branch=make_branch(), barcode="  C-1 ", shelf_mark="B 12")
    assert (copy.barcode, copy.shelf_mark, copy.is_free) == ("C-1", "B 12", True)


def test_a_barcode_is_there_once_whatever_its_case():
    copy = make_copy(barcode="c-1")
    with pytest.raises(BarcodeTaken, match="C-1") as refusal:
        services.add_copy(book=copy.book, branch=copy.branch, barcode="C-1")
    assert "barcode" in refusal.value.fields
    assert Copy.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"barcode": " "}, "barcode"),
        ({"barcode": "x" * 41}, "barcode"),
        ({"barcode": "a\0"}, "barcode"),
        ({"shelf_mark": "x" * 81}, "shelf_mark"),
        ({"status": "eaten"}, "status"),
    ],
)
def test_a_wrong_value_is_named(wrong, field):
    with pytest.raises(InvalidInput) as refusal:
        services.add_copy(**{"book": make_book(), "branch": make_branch(), "barcode": "C-1"} | wrong)
    assert refusal.value.fields.keys() == {field}


def test_what_circulation_did_meanwhile_stays():
    stale = make_copy()
    Copy.objects.update(status=CopyStatus.ON_LOAN)
    services.change_copy(copy=stale, changes={"shelf_mark": "B 13"})
    assert Copy.objects.get().status == CopyStatus.ON_LOAN
    with pytest.raises(CopyInCirculation, match="on loan"):
        services.change_copy(copy=stale, changes={"status": CopyStatus.WITHDRAWN})
    assert Copy.objects.get().status == CopyStatus.ON_LOAN


def test_a_copy_on_the_shelf_may_be_declared_lost_and_found():
    copy = make_copy()
    services.change_copy(copy=copy, changes={"status": CopyStatus.LOST})
    services.change_copy(copy=copy, changes={"status": CopyStatus.AVAILABLE})
    assert Copy.objects.get().is_free


def test_availability_is_told_by_branch_in_words():
    book, north, south = make_book(), make_branch(name="North"), make_branch(name="Central Library")
    make_copy(book=book, branch=north, status=CopyStatus.ON_LOAN)
    free = make_copy(book=book, branch=south)
    make_copy(book=book, branch=south, status=CopyStatus.LOST)
    places = queries.availability(book)
    assert [place.words for place in places] == ["1 of 1 available in Central Library", "None of 1 available in North"]
    assert list(places[0].copies) == [free]
    counted = queries.availability_of([book, make_book()])
    assert [(p.branch, p.free, p.total) for p in counted[book.pk]] == [(p.branch, p.free, p.total) for p in places]
