"""People, categories, subjects and series: renamed, given other names, moved, found by what they are called."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.tests.factories import make_user
from catalog import services
from catalog.errors import CategoryCircle
from catalog.models import Author, Category, Series, Subject
from catalog.search.services import search
from catalog.services import authorities
from catalog.tests.factories import make_book, record
from catalog.values.personal_names import NameKind
from library.core.errors import InvalidInput

pytestmark = pytest.mark.django_db
RENAMES: dict[str, tuple[Any, int]] = {
    "author": (services.rename_author, 200),
    "category": (services.rename_category, 80),
    "subject": (services.rename_subject, 200),
    "series": (services.rename_series, 200),
}


def whole():
    """A record with one of each, by what they are called here."""
    record("The Gene", "Ann Lee", categories=["Cells"], subjects=["Heredity"], series="Life")
    return {"author": Author, "category": Category, "subject": Subject, "series": Series}


def one(kind):
    return whole()[kind].objects.get()


# -- names ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", RENAMES)
@pytest.mark.parametrize(("name", "sentence"), [(" ", "may not be empty"), ("a\0b", "NUL"), ("\ud800", "NUL")])
def test_a_name_that_can_be_none_is_refused_and_the_old_one_stays(kind, name, sentence):
    row = one(kind)
    before = str(row)
    with pytest.raises(InvalidInput, match=sentence) as refusal:
        RENAMES[kind][0](**{kind: row, "name": name})
    assert refusal.value.fields.keys() == {"name"}
    assert str(type(row).objects.get()) == before


@pytest.mark.parametrize("kind", RENAMES)
def test_a_name_has_a_longest_form(kind):
    rename, longest = RENAMES[kind]
    row = one(kind)
    rename(**{kind: row, "name": "x" * longest})
    assert type(row).objects.get().name == "x" * longest
    with pytest.raises(InvalidInput, match=f"At most {longest} characters"):
        rename(**{kind: row, "name": "x" * (longest + 1)})


@pytest.mark.parametrize("kind", RENAMES)
def test_books_are_found_by_the_new_name_and_not_by_the_old(kind):
    row, reader = one(kind), make_user()
    old = {"author": "lee", "category": "cells", "subject": "heredity", "series": "life"}[kind]
    assert search(old, user=reader).count == 1
    RENAMES[kind][0](**{kind: row, "name": "  Quetzal   Zebra "})
    assert type(row).objects.get().name == "Quetzal Zebra"
    assert search("quetzal", user=reader).count == 1
    assert search(old, user=reader, exactly=True).count == 0


@pytest.mark.parametrize("kind", ["category", "subject", "series"])
def test_no_two_have_one_name(kind):
    row = one(kind)
    before = str(row)
    type(row).objects.create(name="Taken")
    with pytest.raises(IntegrityError), transaction.atomic():
        RENAMES[kind][0](**{kind: row, "name": "Taken"})
    assert type(row).objects.get(pk=row.pk).name == before


# -- people --------------------------------------------------------------------------------------------------------


def test_an_author_is_filed_by_the_rule_unless_somebody_said_otherwise():
    ann = one("author")
    services.rename_author(author=ann, name="Ann Bee Cee")
    assert (ann.sort_name, ann.is_filed_by_hand) == ("cee, ann bee", False)
    services.rename_author(author=ann, name="Ann Bee Cee", filed_as="Bee Cee, Ann")
    assert (ann.sort_name, ann.is_filed_by_hand) == ("bee cee, ann", True)
    services.rename_author(author=ann, name="Ann BEE Cee")
    assert ann.sort_name == "bee cee, ann", "the words are the same, so is the filing"
    services.rename_author(author=ann, name="Ann Dee")
    assert (ann.sort_name, ann.is_filed_by_hand) == ("dee, ann", False)


def test_an_empty_filing_goes_back_to_the_rule():
    ann = one("author")
    services.rename_author(author=ann, name="Ann Bee Cee", filed_as="Bee Cee, Ann")
    services.rename_author(author=ann, name="Ann Bee Cee", filed_as="")
    assert (ann.sort_name, ann.is_filed_by_hand) == ("cee, ann bee", False)


def test_a_long_filing_is_cut_to_what_the_column_holds():
    ann = one("author")
    services.rename_author(author=ann, name="Ann Lee", filed_as="x" * 500)
    assert ann.sort_name == "x" * 200


def test_a_new_author_is_of_the_kind_that_the_name_tells():
    for name, kind in (("Ministry of Silence", NameKind.ORGANISATION), ("Ann Poe", NameKind.PERSON)):
        made = services.rename_author(author=Author(), name=name)
        assert (made.pk is not None, made.kind) == (True, kind)
    body = services.rename_author(author=Author(kind=NameKind.MEETING), name="Ann Poe")
    assert (body.kind, body.sort_name) == (NameKind.MEETING, "ann poe")


def test_other_names_take_the_place_of_those_before():
    ann = one("author")
    services.set_aliases(author=ann, names=["A. Lee", "Bo Poe"])
    first = {alias.name: alias.pk for alias in ann.aliases.all()}
    kept = services.set_aliases(author=ann, names=["Bo Poe", "Cy Fox"])
    assert [alias.name for alias in kept] == ["Cy Fox", "Bo Poe"], "as they are filed"
    assert first["Bo Poe"] in {alias.pk for alias in kept}, "what stays is the same row"
    assert services.set_aliases(author=ann, names=[]) == []


def test_a_persons_own_name_and_one_that_is_filed_alike_are_no_further_names():
    ann = one("author")
    kept = services.set_aliases(author=ann, names=["Lee, Ann", "ANN LEE", "Poe, Bo", "Bo Poe", " "])
    assert [alias.name for alias in kept] == ["Bo Poe"]


@pytest.mark.parametrize(
    ("names", "sentence"), [(["x" * 201], "At most 200"), (["a"] * 101, "At most 100 names"), (["\0"], "NUL")]
)
def test_other_names_that_can_be_none_are_refused_and_nothing_changes(names, sentence):
    ann = one("author")
    services.set_aliases(author=ann, names=["Bo Poe"])
    with pytest.raises(InvalidInput, match=sentence):
        services.set_aliases(author=ann, names=names)
    assert [alias.name for alias in ann.aliases.all()] == ["Bo Poe"]


def test_books_are_found_by_another_name_until_it_goes():
    ann, reader = one("author"), make_user()
    services.set_aliases(author=ann, names=["Bo Quetzal"])
    assert search("quetzal", user=reader).count == 1
    services.set_aliases(author=ann, names=[])
    assert search("quetzal", user=reader, exactly=True).count == 0


def test_years_tell_namesakes_apart_and_are_learned_where_they_were_unknown():
    first = record("A", "Ann Lee, 1835-1910").authors.get()
    assert record("B", "Ann Lee").authors.get() == first
    assert record("C", "Lee, Ann, 1835-").authors.get() == first
    other = record("D", "Ann Lee, 1970-").authors.get()
    assert other != first
    plain = record("E", "Bo Poe").authors.get()
    assert record("F", "Bo Poe, 1900-1950").authors.get() == plain
    plain.refresh_from_db()
    assert (plain.birth_year, plain.death_year) == (1900, 1950)


def test_years_that_do_not_fit_what_is_known_are_not_learned():
    plain = Author.objects.create(name="Bo Poe", sort_name="poe, bo", death_year=1850)
    found = record("A", "Bo Poe, 1900-").authors.get()
    assert found == plain
    plain.refresh_from_db()
    assert (plain.birth_year, plain.death_year) == (None, 1850)


def test_the_oldest_of_namesakes_is_meant_and_a_name_goes_before_anothers_alias():
    older, younger = (Author.objects.create(name="Ann Lee", sort_name="lee, ann") for _time in range(2))
    assert record("A", "Ann Lee").authors.get() == older
    clemens = record("B", "Bo Poe").authors.get()
    services.set_aliases(author=clemens, names=["Cy Fox"])
    assert record("C", "Cy Fox").authors.get() == clemens
    fox = Author.objects.create(name="Cy Fox", sort_name="fox, cy")
    assert record("D", "Cy Fox").authors.get() == fox
    assert younger.books.count() == 0


def test_a_person_named_twice_on_one_title_page_stands_there_once():
    book = record("A", "Ann Lee", "Lee, Ann", "ANN LEE")
    assert book.author_names == ["Ann Lee"]
    assert Author.objects.get().sort_name == "lee, ann"


def test_a_new_person_named_twice_once_with_years_is_one():
    book = record("A", "Ann Lee", "Lee, Ann, 1835-1910")
    (ann,) = Author.objects.all()
    assert (ann.birth_year, ann.death_year) == (1835, 1910)
    assert book.author_names == ["Ann Lee"]


# -- headings and shelves ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "typed"),
    [("Genes", "GENES"), ("Genes", "gènes"), ("Ökologie", "ÖKOLOGIE"), ("日本", "日本"), ("!!!", "!!!")],
)
def test_a_subject_is_found_however_it_is_typed(known, typed):
    first = record("A", subjects=[known]).subjects.get()
    assert record("B", subjects=[typed]).subjects.get() == first


def test_the_same_letters_win_before_the_older_one():
    Subject.objects.create(name="GENES", sort_name="genes")
    exact = Subject.objects.create(name="Genes", sort_name="genes")
    assert authorities.subjects(["Genes"]) == [exact]
    assert authorities.subjects(["genes"])[0].name == "GENES"


@pytest.mark.parametrize(("known", "typed"), [("Cells", "cELLS"), ("Ökologie", "ökologie"), ("Straße", "STRASSE")])
def test_a_category_is_found_whatever_its_case(known, typed):
    first = record("A", categories=[known]).categories.get()
    assert record("B", categories=[typed]).categories.get() == first


def test_a_heading_twice_in_one_record_is_one():
    book = record("A", subjects=["Genes", "genes", " Genes "], categories=["Cells", "CELLS"])
    assert (book.subjects.count(), book.categories.count()) == (1, 1)


def test_a_category_lies_within_itself_and_all_wider_ones():
    science = Category.objects.create(name="Science")
    biology = Category.objects.create(name="Biology", parent=science)
    cells = Category.objects.create(name="Cells", parent=biology)
    assert all(authorities.lies_within(cells, outer) for outer in (cells, biology, science))
    assert not authorities.lies_within(science, cells)
    assert not authorities.lies_within(Category.objects.create(name="Art"), science)


def test_a_category_that_would_lie_within_itself_stays_where_it_was():
    science = Category.objects.create(name="Science")
    cells = Category.objects.create(name="Cells", parent=science)
    with pytest.raises(CategoryCircle, match="Cells is Nature itself or lies within it") as refusal:
        services.save_category(category=science, name="Nature", parent=cells)
    assert refusal.value.fields.keys() == {"parent"}
    assert (science.name, science.parent) == ("Science", None)
    assert Category.objects.get(pk=science.pk).name == "Science"


def test_a_category_moves_with_its_books():
    book = record("The Gene", categories=["Cells"])
    cells, science = Category.objects.get(), Category.objects.create(name="Science")
    services.save_category(category=cells, name="Cells", parent=science)
    book.facts.refresh_from_db()
    assert set(book.facts.category_ids) == {cells.pk, science.pk}
    services.rename_category(category=cells, name="Small Rooms")
    assert Category.objects.get(pk=cells.pk).parent == science


def test_a_new_category_is_made_in_its_place():
    science = Category.objects.create(name="Science")
    made = services.save_category(category=Category(), name=" Cells ", parent=science)
    assert (made.name, made.parent) == ("Cells", science)
    assert not make_book().categories.exists()
