"""The whole journey in a real browser, as a newcomer would walk it, with workers that really run."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from demo import FOLDER
from tests.people import Person

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.xdist_group("stack")]


@pytest.fixture
def reader(browser, stack):
    person = Person(browser, stack, f"newcomer-{uuid4().hex[:8]}@example.net")
    yield person
    person.context.close()
    assert person.faults == []


@pytest.fixture
def librarian(browser, stack):
    person = Person(browser, stack, "librarian@example.org")
    yield person
    person.context.close()
    assert person.faults == []


def register(reader: Person, password: str) -> None:
    reader.go("/")
    reader.page.get_by_role("link", name="Get a library card").click()
    reader.fill("E-mail", reader.email)
    reader.press("Send me a code")
    reader.fill("Code", "000000")
    reader.fill("Full name", "Nour Haddad")
    reader.fill("Password", "short")
    reader.press("Register")
    reader.sees("at least 8 characters")
    reader.fill("Code", reader.stack.code(reader.email))
    reader.fill("Password", password)
    reader.press("Register")
    expect(reader.page.locator("details.menu")).to_contain_text("Nour")


def scan(librarian: Person, *codes: str) -> None:
    for code in codes:
        librarian.page.locator("[data-scan]").fill(code)
        librarian.page.keyboard.press("Enter")
        librarian.page.wait_for_load_state()


def asks_on(reader: Person) -> None:
    """From an answer to a conversation, whose second answer a worker writes while the page follows it."""
    reader.fill("Ask on, and keep it", "And where are they?")
    reader.press("Ask on")
    reader.sees("Searched for: And where are they? (lysosomes")
    articles = reader.page.locator("article")
    expect(articles).to_have_count(2)
    reader.fill("Ask on", "How do plants make sugar?")
    reader.press("Ask")
    expect(articles).to_have_count(3)
    expect(articles.last.get_by_text("Was this right?")).to_be_visible(timeout=20_000)
    articles.last.get_by_text("No", exact=True).click()
    articles.last.get_by_label("What is wrong with it?").fill("Too short")
    articles.last.get_by_role("button", name="It was wrong").click()
    expect(reader.page.get_by_text("Thank you.")).to_be_visible()
    reader.shoot("conversation")


def test_reader_asks_for_a_book_and_the_desk_lends_it_and_takes_it_back(reader, librarian, stack):
    password = "a quiet room 7"
    register(reader, password)
    reader.sign_out()
    reader.sign_in(password)

    for clue in ("Okafor", "cell biology"):
        reader.page.get_by_label("Search the catalogue").fill(clue)
        reader.page.keyboard.press("Enter")
        reader.sees(f"for “{clue}”")
        reader.sees("A Primer on the Cell")
    reader.shoot("search")
    reader.page.get_by_role("main").get_by_role("link", name="A Primer on the Cell").first.click()
    reader.sees(re.compile(r"\d of \d available in Central Library"))
    reader.press("Request at Central Library")
    reader.go("/loans/")
    reader.sees("A Primer on the Cell")
    reader.shoot("my-loans")

    (card, barcode), *_ = stack.sql(
        "SELECT p.card_number, c.barcode FROM accounts_user u JOIN accounts_patron p ON p.user_id = u.id"
        " JOIN circulation_hold h ON h.patron_id = p.user_id JOIN catalog_copy c ON c.id = h.copy_id WHERE u.email = %s",
        [reader.email],
    )
    librarian.sign_in("lyceum-demo", at="/admin/")
    expect(librarian.page).to_have_url(re.compile("/admin/$"))
    librarian.go("/pick-list/")
    row = librarian.page.locator("li", has_text=barcode)
    expect(row).to_contain_text("Nour Haddad")
    librarian.shoot("pick-list")
    row.get_by_role("button", name="Confirm A Primer on the Cell").click()
    expect(librarian.page.locator("li", has_text=barcode)).to_have_count(0)
    reader.go("/loans/")
    reader.sees("hold shelf")

    librarian.go("/desk/")
    scan(librarian, card, barcode)
    librarian.sees("Lent")
    librarian.sees("1 of 3 loans")
    librarian.shoot("desk-lent")
    reader.go("/loans/")
    reader.sees("due")

    free = stack.sql(
        "SELECT DISTINCT ON (book_id) barcode FROM catalog_copy WHERE status = 'available' AND NOT not_for_loan"
        " AND book_id NOT IN (SELECT book_id FROM catalog_copy WHERE barcode = %s) ORDER BY book_id, barcode LIMIT 2",
        [barcode],
    )
    scan(librarian, *(code for (code,) in free))
    librarian.sees("3 of 3 loans")
    (reading_room,), *_ = stack.sql(
        "SELECT barcode FROM catalog_copy WHERE not_for_loan AND status = 'available' LIMIT 1"
    )
    scan(librarian, reading_room)
    refusal = librarian.page.get_by_role("alert")
    expect(refusal).to_contain_text("for use in the library only")
    expect(refusal).to_contain_text("3 of 3 loans already")
    librarian.shoot("desk-refused")

    librarian.page.wait_for_timeout(1000)  # a refusal is read: what is scanned at once after it waits
    librarian.page.keyboard.press("F2")
    librarian.sees("Taking back")
    scan(librarian, barcode, *(code for (code,) in free))
    librarian.sees("Returned")
    reader.go("/loans/")
    reader.sees("Brought back")


def marks_a_word_and_reads_on(reader: Person, number: int) -> None:
    """On the page that a citation opened: its picture comes, a word of it is marked, and the next page is read."""
    page = reader.page
    expect(page.locator(".sheet img")).to_be_visible(timeout=60_000)  # drawn by a worker, and taken in by the page
    expect(page.locator("#mark rect").first).to_be_visible()
    page.locator(".words tspan", has_text=re.compile(r"\w{5}")).first.dblclick()
    page.get_by_role("button", name="Highlight", exact=True).click()
    expect(page.locator("#highlights blockquote")).to_contain_text(re.compile(r"\w{5}"))
    expect(page.locator(".sheet rect.own")).to_be_visible()
    reader.press("Read on from here")
    page.wait_for_url(re.compile(rf"/pages/{number}/\?.*read=1"))
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile(rf"/pages/{number + 1}/\?.*read=1"))
    reader.shoot("read")
    page.locator("details.menu summary").click()
    page.get_by_role("link", name="My reading").click()
    reader.sees(f"Page {number + 1} of")


def test_librarian_adds_a_book_and_the_reader_asks_it(reader, librarian, stack):
    title = f"Letters on the Cell {uuid4().hex[:6]}"
    librarian.sign_in("lyceum-demo")
    librarian.go("/admin/catalog/book/add/")
    librarian.page.get_by_label("Title:", exact=True).fill(title)
    librarian.page.locator("#id_authorships-0-author + .select2").click()
    librarian.page.locator(".select2-search__field").last.fill("Okafor")
    librarian.page.locator(".select2-results__option", has_text="Miriam Okafor").click()
    upload = librarian.page.locator("input[type=file]")
    upload.set_input_files(
        {"name": "notes.pdf", "mimeType": "application/pdf", "buffer": b"These are only notes. " * 99}
    )
    librarian.page.get_by_role("button", name="Save", exact=True).click()
    expect(librarian.page.locator(".errorlist")).to_contain_text("PDF")
    librarian.page.locator("input[type=file]").set_input_files(FOLDER / "files" / "a-primer-on-the-cell.pdf")
    librarian.page.get_by_role("button", name="Save", exact=True).click()
    (book,), *_ = stack.sql("SELECT id FROM catalog_book WHERE title = %s", [title])
    librarian.go(f"/books/{book}/ask/")
    progress = librarian.page.locator("progress").first
    ready = librarian.page.get_by_label("Ask this book")
    expect(progress.or_(ready).first).to_be_visible()
    expect(ready).to_be_visible(timeout=180_000)  # the page notices by itself
    librarian.go(f"/books/{book}/study/")
    librarian.sees("Summary")
    expect(librarian.page.locator("#panel .cite, #panel a", has_text="p. ").first).to_be_visible(timeout=60_000)
    librarian.shoot("study")

    register(reader, "another quiet room 8")
    reader.go(f"/books/{book}/")
    reader.page.get_by_role("link", name="Ask", exact=True).click()
    reader.fill("Ask this book", "What are lysosomes?")
    reader.press("Ask")
    reader.sees("digestive enzymes")
    reader.shoot("ask")
    reader.page.locator("a.cite").first.click()
    expect(reader.page.locator("mark")).to_contain_text(re.compile(r"\w+ \w+"))
    link = reader.page.get_by_role("link", name="Open the PDF at this page")
    number = re.search(r"/pages/(\d+)/", reader.page.url)
    assert number is not None
    assert (link.get_attribute("href") or "").endswith(f"#page={number[1]}")
    reader.shoot("page")
    file = reader.context.request.get(link.get_attribute("href") or "")
    assert file.body().startswith(b"%PDF-")
    marks_a_word_and_reads_on(reader, int(number[1]))

    reader.go(f"/books/{book}/ask/")
    reader.fill("Ask this book", "What are lysosomes?")
    reader.press("Ask")
    reader.sees("answered before")
    asks_on(reader)
    reader.go(f"/books/{book}/ask/")
    reader.fill("Ask this book", "Which team won the 1998 football world cup?")
    reader.press("Ask")
    reader.sees("The book does not say")
    reader.shoot("does-not-say")


@pytest.mark.parametrize("path", ["/", "/catalogue/?q=cell", "/books/1/", "/accounts/register/", "/accounts/sign-in/"])
def test_nothing_scrolls_sideways_on_a_phone(browser, stack, path):
    for scheme in ("light", "dark"):
        context = browser.new_context(base_url=stack.url, viewport={"width": 360, "height": 780}, color_scheme=scheme)
        page = context.new_page()
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        context.close()
