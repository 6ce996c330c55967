"""How a search finds: its operators, its ladder, its spelling, its order."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.tests.factories import make_librarian
from catalog.errors import SearchTookTooLong
from catalog.models import Book, BookIdentifier, Series
from catalog.search import near, time_limit
from catalog.search.matches import statement
from catalog.search.services import Filters, Results, search
from catalog.search.words import spelling, tsquery, vocabulary
from catalog.search_index import terms
from catalog.tests.factories import record
from library.search import bm25

pytestmark = pytest.mark.django_db
ANYBODY = AnonymousUser()


def find(query: str, **asked) -> Results:
    return search(query, user=asked.pop("user", ANYBODY), **asked)


def titles(query: str, **asked) -> list[str]:
    found = Book.objects.in_bulk(find(query, **asked).ids)
    return [found[pk].title for pk in find(query, **asked).ids]


@pytest.fixture
def shelf() -> None:
    record("The Left Hand of Darkness", "Ursula K. Le Guin", year=1969, subjects=["Gender"])
    record("A Wizard of Earthsea", "Ursula K. Le Guin", year=1968, subjects=["Wizards"])
    record("The Fellowship of the Ring", "J.R.R. Tolkien", year=1954, subjects=["Rings", "Wizards"])
    record("The Two Towers", "J.R.R. Tolkien", year=1954)
    record("Tolkien: A Biography", "Humphrey Carpenter", year=1977, description="The life of the man of the ring.")
    record("Harry Potter and the Philosopher’s Stone", "J.K. Rowling", year=1997)
    record("Die Verwandlung", "Franz Kafka", language="de", year=1915)
    record("L’Étranger", "Albert Camus", language="fr", year=1942)
    record("The Histories", "Herodotus", year=-430)
    record("To Be or Not to Be", "Ryan North")
    record("1914–1918: A Short History")
    terms.fold_changes()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("author:tolkien", {"The Fellowship of the Ring", "The Two Towers"}),
        ("title:tolkien", {"Tolkien: A Biography"}),
        ("tolkien -author:tolkien", {"Tolkien: A Biography"}),
        ("subject:wizards -earthsea", {"The Fellowship of the Ring"}),
        ('author:"le guin" year:1969', {"The Left Hand of Darkness"}),
        ("year:1968-1969", {"The Left Hand of Darkness", "A Wizard of Earthsea"}),
        ("year:-430", {"The Histories"}),
        ("language:german", {"Die Verwandlung"}),
        ("language:fr OR language:de", set()),
        ('"the ring" author:carpenter', {"Tolkien: A Biography"}),
        ('"two towers" OR verwandlung', {"The Two Towers", "Die Verwandlung"}),
        (
            '-author:tolkien -"le guin" year:1900-',
            {"Tolkien: A Biography", "Harry Potter and the Philosopher’s Stone", "Die Verwandlung", "L’Étranger"},
        ),
        ("jk rowling", {"Harry Potter and the Philosopher’s Stone"}),
        ("j k rowling", {"Harry Potter and the Philosopher’s Stone"}),
        ("j.k.rowling", {"Harry Potter and the Philosopher’s Stone"}),
        ("1914-1918", {"1914–1918: A Short History"}),
        ("to be or not to be", {"To Be or Not to Be"}),
        ("the of and", set()),
        ("l'etranger camus", {"L’Étranger"}),
        ("philosophers stone", {"Harry Potter and the Philosopher’s Stone"}),
    ],
)
def test_a_query_finds_exactly(shelf, query, found):
    assert set(titles(query)) == found


def test_a_series_is_asked_for_by_its_name(shelf):
    book = Book.objects.get(title="A Wizard of Earthsea")
    Book.objects.filter(pk=book.pk).update(
        series=Series.objects.create(name="Earthsea Cycle", sort_name="earthsea cycle")
    )
    assert find("series:earthsea").ids == [book.pk]
    assert find("", filters=Filters(series="earthsea cycle")).ids == [book.pk]


@pytest.mark.parametrize(
    ("kind", "kept", "typed"),
    [
        ("oclc", "1234567", "ocm01234567"),
        ("oclc", "1234567", "(OCoLC)1234567"),
        ("lccn", "n78890351", "n 78-890351"),
        ("doi", "10.1000/xyz123", "https://doi.org/10.1000/XYZ123"),
        ("isbn", "9780306406157", "0-306-40615-2"),
        ("issn", "03178471", "ISSN 0317-8471"),
        ("isbn", "9780306406157", "\u200eeISBN 978–0–306–40615–7 (pbk.)"),
        ("isbn", "9780306406157", "978.0.306.40615.7"),
        ("ismn", "9790230671187", "M-2306-7118-7"),
        ("isbn", "9780306406157", "９７８０３０６４０６１５７ 51995"),
        ("issn", "03178471", "9770317847001"),
        ("oclc", "1234567", "(OCoLC)1234567\ufeff"),
    ],
)
def test_any_number_of_a_book_finds_it_alone(shelf, kind, kept, typed):
    book = Book.objects.get(title="The Two Towers")
    BookIdentifier.objects.create(book=book, kind=kind, value=kept)
    assert find(typed).ids == [book.pk]
    Book.objects.update(is_suppressed=True)
    assert find(typed).ids == []
    assert find(typed, user=make_librarian()).ids == [book.pk]


def test_an_isbn_that_is_not_here_finds_nothing_else(shelf):
    absence = "No book here has the ISBN 978-0-306-40615-7."
    assert find("9780306406157") == Results(count=0, ids=[], absence=absence)
    assert find("isbn:0306406152 tolkien") == Results(count=0, ids=[], absence=absence)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("\u200e978-0-306-40615-7 (pbk.)", "the ISBN 978-0-306-40615-7"),
        ("9780306406158", "no valid ISBN"),
        ("0306406153", "no valid ISBN"),
        ("M-2306-7118-7", "the ISMN 979-0-2306-7118-7"),
        ("isbn:42", "no valid ISBN"),
        ("1984", ""),
        ("1914-1918", ""),
    ],
)
def test_a_number_that_is_not_here_is_told(shelf, typed, said):
    found = find(typed)
    assert said in found.absence if said else not found.absence
    assert not said or found.ids == []


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("year:0", "There is no year 0"),
        ("year:0-0 ring", "There is no year 0"),
        ("year:20000", "“20000” is no year"),
        ("ring year:1990-2000-2010", "no year"),
        ("year:-3001", "no year"),
        ("year:9999-", "no year"),
        ("year:soon", ""),
        ("year:1954", ""),
        ("0", ""),
    ],
)
def test_a_year_that_cannot_be_is_told(shelf, typed, said):
    found = find(typed)
    assert said in found.absence if said else not found.absence
    assert not said or (found.count, found.ids) == (0, [])


@pytest.mark.parametrize(
    ("typed", "showing", "first"),
    [
        ("tolkein", "tolkien", "Tolkien: A Biography"),
        ("harry poter", "harry potter", "Harry Potter and the Philosopher’s Stone"),
        ("hary pottre", "harry potter", "Harry Potter and the Philosopher’s Stone"),
        ("verwandlnug", "verwandlung", "Die Verwandlung"),
        ("étranegr", "etranger", "L’Étranger"),
    ],
)
def test_other_spellings_are_shown_where_nothing_is_found(shelf, typed, showing, first):
    found = find(typed)
    if showing:
        assert found.showing == showing
        assert find(typed, exactly=True).showing == ""
        assert find(typed, exactly=True).count < found.count or " " in typed
    assert titles(typed)[:1] == [first]


@pytest.mark.parametrize(
    "typed",
    ["tolkien", "ring", "stone philosopher", "qqqqq wwwww", "xq", "1915 1916", "tolkien -ring", "kafka wizzard"],
)
def test_what_is_right_short_or_noise_is_not_corrected(shelf, typed):
    assert find(typed).showing == ""


@pytest.mark.parametrize(
    ("typed", "showing", "first"),
    [
        ("molecular biologie of the cel", "molecular biology of the cell", "Molecular Biology of the Cell"),
        ("cel biologi", "cell biologi", "Molecular Biology of the Cell"),  # of one stem with biology
        ("cel biolgy", "cell biology", "Molecular Biology of the Cell"),
        ("moleculr biolgy", "molecular biology", "Molecular Biology of the Cell"),
        ("wizzard biolgy", "", None),  # in no book together
        ("qqqqq moleculr biolgy", "qqqqq molecular biology", "Molecular Biology of the Cell"),
        ("molecullar qqq biology", "molecular qqq biology", "Molecular Biology of the Cell"),
        ("cel qqqqq", "", None),
        ("zzcel wwbiol", "", None),
    ],
)
def test_several_slips_are_corrected_as_far_as_they_can_be(shelf, typed, showing, first):
    record("Molecular Biology of the Cell", "Bruce Alberts")
    terms.fold_changes()
    assert find(typed).showing == showing
    assert bool(find(typed).count) == bool(showing)
    assert first is None or titles(typed)[0] == first


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("ring wiz", {"The Fellowship of the Ring"}),
        ("tow", {"The Two Towers", "The Tow Path"}),
        ('"tow"', {"The Tow Path"}),
        ('"hand of the"', set()),
        ('"hand of darkness"', {"The Left Hand of Darkness"}),
        ('"the histories"', {"The Histories"}),
        ('"of the ring"', {"The Fellowship of the Ring", "A Fellow of the Ring", "Tolkien: A Biography"}),  # its prose
    ],
)
def test_a_last_word_may_be_a_beginning_and_a_phrase_means_its_stop_words(shelf, query, found):
    record("The Tow Path")
    record("A Fellow of the Ring")
    record("Of a Ring")
    terms.fold_changes()
    assert set(titles(query)) == found


def test_a_phrase_of_which_prose_keeps_a_frequent_word_is_looked_for_there_last(shelf, monkeypatch):
    record("A Fellow of the Ring")
    record("Fellows", description="A man of the hobbits.")
    terms.fold_changes()
    monkeypatch.setattr(tsquery, "RARE", 0)

    assert set(titles('"of the ring"')) == {"The Fellowship of the Ring", "A Fellow of the Ring"}
    assert titles('"of the hobbits"') == ["Fellows"]
    assert set(titles('tolkien -"of the ring"')) == {"The Two Towers"}, "what may be meant is left out"


def test_a_phrase_is_read_in_each_language_as_that_language_reads_it(shelf):
    record("Els estats", language="ca")
    record("Un stat nou", language="ro")  # as Catalan would read "united states"
    record("The United States of Letters")
    terms.fold_changes()

    assert titles('"united states"') == ["The United States of Letters"]
    assert titles('"united states of letter"') == ["The United States of Letters"]
    assert titles('"states united"') == []


def boats(whales: int) -> None:
    for n in range(whales):
        record(f"Sea whale {n}")
    record("Sea whaleboat")
    for n in range(40):
        record(f"Forest {n}")
    terms.fold_changes()


def test_a_page_of_the_word_itself_leaves_no_room_for_what_it_begins(shelf):
    boats(20)
    assert "Sea whaleboat" not in titles("sea whale", page_size=100)
    assert find("sea whale", facets=True).count == 20

    Book.objects.filter(title="Sea whale 0").update(is_suppressed=True)
    assert titles("sea whale", page_size=100)[-1] == "Sea whaleboat", "behind those that have the word"
    assert find("sea whale", facets=True).count == 20


def test_whether_a_page_is_full_does_not_depend_on_filters(shelf):
    boats(20)
    Book.objects.filter(title__in=["Sea whaleboat", "Sea whale 3"]).update(language="fr")

    assert titles("sea whale", filters=Filters(language=("fr",))) == ["Sea whale 3"]
    assert {value.count for value in find("sea whale", facets=True).facets[3].values} == {19, 1}


def test_a_last_word_that_begins_one_beside_the_others_is_no_slip(shelf):
    record("The Amazing Ferdinand")
    for n in range(12):
        record(f"Amazing Fern {n}")
    terms.fold_changes()

    assert (titles("amazing ferd"), find("amazing ferd").showing) == (["The Amazing Ferdinand"], "")
    assert find("amazing fenr").showing == "amazing fern"


def test_no_spelling_tells_a_word_that_only_hidden_books_have(shelf):
    Book.objects.filter(title="Die Verwandlung").update(is_suppressed=True)
    terms.fold_changes()
    assert find("verwandlnug").showing == ""
    assert find("verwandlnug", user=make_librarian()).ids == []
    Book.objects.filter(title="Die Verwandlung").update(is_suppressed=False)
    terms.fold_changes()
    Book.objects.filter(title="Die Verwandlung").update(is_suppressed=True)  # not counted off yet
    assert find("verwandlnug").showing == ""


def test_narrowing_never_changes_how_a_query_was_read(shelf):
    assert find("tolkein", filters=Filters(language=("fr",))).showing == "tolkien"
    assert find("two towers", filters=Filters(language=("fr",))) == Results(0, [], by_meaning=False)


@given(word=st.text("abcdefgh", min_size=4, max_size=12), data=st.data())
def test_a_word_with_an_edit_shares_what_is_left_of_it(word, data):
    place = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from("abcxyz"))
    for wrong in (
        word[:place] + word[place + 1 :],
        word[:place] + letter + word[place + 1 :],
        word[:place] + letter + word[place:],
    ):
        if spelling.edits_allowed(wrong):
            assert set(spelling.deletes(word)) & set(spelling.deletes(wrong))
    assert len(spelling.deletes(word)) <= 29


def many(number: int = 32) -> None:
    for n in range(number):
        record(f"Whale {'song ' * (n % 4)}{n}", f"Author {n % 7}", description="whale " * (n % 5), year=1900 + n % 9)
    Book.objects.filter(pk__gt=Book.objects.order_by("pk")[20].pk).update(popularity=3)


@pytest.mark.parametrize("sort", ["relevance", "title", "newest", "year", "popular"])
@pytest.mark.parametrize("query", ["whale", "whale song", "", "whale or song", "year:1900-1905"])
def test_pages_never_overlap_and_leave_nothing_out(sort, query, monkeypatch):
    monkeypatch.setattr(statement, "RANKED", 12)
    monkeypatch.setattr("catalog.search.matches.page.RANKED", 12)
    monkeypatch.setattr("catalog.search.attempt.RANKED", 12)
    many()
    count = find(query, sort=sort).count
    pages = [find(query, sort=sort, page=page, page_size=7) for page in range(1, 7)]
    seen = [pk for page in pages for pk in page.ids]
    assert len(seen) == len(set(seen)) == count > 12
    assert {page.count for page in pages} == {count}, "beyond the end too"
    assert find(query, sort=sort, page=1, page_size=7) == pages[0]


def test_every_order_is_what_it_says(shelf):
    several = "tolkien OR guin"
    years = [Book.objects.get(pk=pk).year or 0 for pk in find(several, sort="year").ids]
    assert years == sorted(years, reverse=True)
    assert titles(several, sort="title") == sorted(
        titles(several), key=lambda t: t.lower().removeprefix("the ").removeprefix("a ")
    )
    Book.objects.filter(title="The Two Towers").update(popularity=9)
    assert titles(several, sort="popular")[0] == "The Two Towers"
    assert find(several, sort="newest").ids == sorted(find(several).ids, reverse=True)
    assert find(several, sort="no such order").ids == find(several).ids


def test_the_database_scores_as_the_formula_says():
    record("Whale song", description="whale song and whale")
    record("Another", description="a song of nothing at all, and long")
    terms.fold_changes()
    known = vocabulary.read(["whale"])
    match = statement.Match(
        words="'whale'",
        in_title="'whale'",
        average=known.average,
        scored=(statement.Scored(("'whale'",), known.idf("whale")),),
    )
    from catalog.search.matches.narrowing import Narrowing

    (one,) = statement.run(match, Narrowing(), sort="relevance", offset=0, limit=20, ranked=True).candidates
    of_title, *_between, of_prose = reversed(statement.FIELD_WEIGHTS)
    often = of_title + 2 * of_prose
    length = bm25.K1 * (1 - statement.LENGTH + statement.LENGTH * 6 / known.average)
    assert one.score == pytest.approx(known.idf("whale") * often * (bm25.K1 + 1) / (often + length), rel=1e-5)
    assert one.cover == 0.5


def test_the_word_as_it_was_typed_tells_more_than_another_form_of_it():
    record("Nights and stars")
    record("Night and stars")
    terms.fold_changes()
    assert titles("nights")[0] == titles("nights stars")[0] == "Nights and stars"


def test_the_known_title_comes_first_whatever_else_speaks_of_it():
    for number in range(30):
        record(
            f"Notes on Emma {number}", "Jane Austen", subjects=["Emma", "Emma studies"], description="Emma, Emma, Emma"
        )
    emma = record("Emma", "Jane Austen")
    Book.objects.exclude(pk=emma.pk).update(popularity=1000)
    terms.fold_changes()
    assert find("emma").ids[0] == find("emma austen").ids[0] == find("EMMA.").ids[0] == emma.pk


@pytest.fixture
def meanings(monkeypatch):
    """What is near in meaning is settled by the test; the model itself is asked in ``test_meaning``."""
    said: dict[str, dict[int, float] | None] = {}
    monkeypatch.setattr(near, "nearest", lambda text, *, answers: said.get(text, {}))
    return said


def test_what_is_near_in_meaning_orders_what_words_find_and_is_a_group_of_its_own_behind(shelf, meanings):
    earthsea = Book.objects.get(title="A Wizard of Earthsea")
    stone = Book.objects.get(title="Harry Potter and the Philosopher’s Stone")
    fellowship = Book.objects.get(title="The Fellowship of the Ring")
    meanings["ring"] = {stone.pk: 0.5, earthsea.pk: 0.9, fellowship.pk: 0.7}
    found = find("ring", facets=True)
    assert found.by_meaning
    assert found.count == len(found.ids) == 2
    assert found.near == (earthsea.pk, stone.pk)
    assert next(facet for facet in found.facets if facet.name == "language").values[0].count == 2
    narrowed = find("ring", filters=Filters(year=("1968",)))
    assert (narrowed.count, narrowed.ids, narrowed.near) == (0, [], (earthsea.pk,))
    by_title = find("ring", sort="title")
    assert (by_title.ids, by_title.near) == (sorted(found.ids), (earthsea.pk, stone.pk))


def test_what_is_near_in_meaning_follows_the_last_page_of_what_matches(shelf, meanings):
    earthsea = Book.objects.get(title="A Wizard of Earthsea")
    meanings["ring"] = {earthsea.pk: 0.9}
    assert [find("ring", page=page, page_size=1).near for page in (1, 2)] == [(), (earthsea.pk,)]


def test_what_matches_nothing_counts_nothing(shelf, meanings):
    earthsea = Book.objects.get(title="A Wizard of Earthsea")
    meanings["islands of magicians"] = {earthsea.pk: 0.9}
    found = find("islands of magicians", facets=True)
    assert (found.count, found.ids, found.near) == (0, [], (earthsea.pk,))
    assert not any(facet.values for facet in found.facets)


def test_meaning_brings_in_no_hidden_book_and_nothing_that_operators_keep_out(shelf, meanings):
    earthsea = Book.objects.get(title="A Wizard of Earthsea")
    for query in ("ring", "ring -wizard", '"ring"', "title:ring", "ring year:1954"):
        meanings[query] = {earthsea.pk: 0.9}
    kept_out = [find(query) for query in ("ring -wizard", '"ring"', "title:ring", "ring year:1954")]
    assert [found.near for found in kept_out] == [()] * 4
    assert earthsea.pk not in [pk for found in kept_out for pk in found.ids]
    Book.objects.filter(pk=earthsea.pk).update(is_suppressed=True)
    assert find("ring").near == ()
    assert find("ring").count == 2


def test_words_alone_are_searched_where_nobody_can_say_what_is_near(shelf, meanings):
    meanings["ring"] = None
    found = find("ring")
    assert not found.by_meaning
    assert found.count == 2


def test_a_search_that_takes_too_long_ends_and_says_so(shelf, monkeypatch):
    monkeypatch.setattr(vocabulary, "READ", "SELECT pg_sleep(2), %(words)s::text[]")
    monkeypatch.setattr(vocabulary, "COUNT", "SELECT pg_sleep(2), %(lexemes)s::text[]")
    monkeypatch.setitem(time_limit.SETTINGS, "statement_timeout", "50ms")
    with pytest.raises(SearchTookTooLong) as refusal:
        find("ring")
    assert refusal.value.status == 503
    monkeypatch.undo()
    assert find("ring").count == 2, "and the caller's transaction goes on"


def test_the_settings_of_a_search_do_not_outlive_it(shelf):
    def now() -> tuple:
        with connection.cursor() as cursor:
            cursor.execute(time_limit.BEFORE)
            return tuple(cursor.fetchone())

    before = now()
    find("ring")
    assert now() == before


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.floats(0.1, 9), min_size=1, max_size=8), st.floats(0.05, 1))
def test_enough_of_the_words_is_just_what_their_weights_say(weights, share):
    weights = sorted(weights, reverse=True)
    need = share * sum(weights)
    query = tsquery.at_least([(f"'w{place}'", weight) for place, weight in enumerate(weights)], need)
    with connection.cursor() as cursor:
        for chosen in range(2 ** len(weights)):
            there = [place for place in range(len(weights)) if chosen >> place & 1]
            text = " ".join(f"w{place}" for place in there)
            if len(weights) > 5 and chosen % 7:
                continue
            cursor.execute("SELECT to_tsvector('simple', %s) @@ %s::tsquery", [text, query])
            mass = sum(weights[place] for place in there)
            if abs(mass - need) > 1e-6:
                assert cursor.fetchone()[0] == (mass > need)
