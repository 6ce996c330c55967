"""What the library says of itself: one row, changed by administrators, seen over pages and under letters."""

from __future__ import annotations

import io

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.template import Context, Template
from django.template.loader import render_to_string
from django.urls import reverse
from PIL import Image

from accounts.models import Purpose, Role
from accounts.sign_in import code_letters
from accounts.tests.factories import make_librarian, make_user
from library.activity.models import Activity
from library.core.errors import LibraryError
from library.notices import outbox
from library.notices import services as notices
from library.profile import currencies, services
from library.profile.logos import as_png
from library.profile.models import LibraryProfile

pytestmark = pytest.mark.django_db
PAGE = "admin:profile_libraryprofile_change"
FORM = {"name": "Town Library", "address": "1 Mill Lane\nAmble", "currency": "jpy", "sender": "desk@amble.example"}


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def admin_user():
    return make_user(Role.ADMINISTRATOR)


def picture(kind="PNG", size=(40, 20), name="logo.png", **options):
    written = io.BytesIO()
    Image.new("RGB", size, "teal").save(written, kind, **options)
    return SimpleUploadedFile(name, written.getvalue())


def saved(by, **values):
    return services.save(profile=LibraryProfile(**values), by=by)


def test_a_new_library_is_called_lyceum_and_counts_in_euros():
    library = services.current()
    assert (library.name, library.currency, library.address, bool(library.logo)) == ("Lyceum", "EUR", "", False)


def test_a_library_without_its_row_is_a_new_one():
    LibraryProfile.objects.all().delete()
    assert services.current().name == "Lyceum"


def test_reading_it_is_one_query_and_for_pages_none(django_assert_num_queries):
    with django_assert_num_queries(1):
        services.current()
    with django_assert_num_queries(0):
        services.for_pages()


def test_a_page_sees_a_change_when_what_the_process_remembers_is_old(monkeypatch, admin_user):
    LibraryProfile.objects.update(name="Elsewhere")
    assert services.for_pages().name == "Lyceum"
    monkeypatch.setattr(services, "REMEMBERED_SECONDS", -1.0)
    assert services.for_pages().name == "Elsewhere"


def test_the_process_that_changes_it_shows_it_at_once(admin_user, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        saved(admin_user, name="Town Library")
    assert services.for_pages().name == "Town Library"


def test_a_page_made_while_the_database_is_away_asks_nothing(monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(services, "_remembered", (None, None))
    with django_assert_num_queries(0):
        page = render_to_string("unavailable.html", {"refusal": LibraryError("Away.")})
    assert "Lyceum</a>" in page


def test_who_administers_the_library_changes_it_and_the_activity_says_so(client, admin_user):
    client.force_login(admin_user)
    assert client.get(reverse("admin:profile_libraryprofile_changelist")).url == reverse(PAGE, args=[1])
    answer = client.post(reverse(PAGE, args=[1]), FORM)
    assert answer.status_code == 302
    library = services.current()
    assert (library.name, library.address.splitlines(), library.currency, library.sender) == (
        "Town Library",
        ["1 Mill Lane", "Amble"],
        "JPY",
        "desk@amble.example",
    )
    said = Activity.objects.get(verb="library.changed")
    assert said.actor == admin_user
    assert said.data == {"fields": "name, address, currency, sender"}


def test_a_librarian_and_a_reader_may_not(client):
    for user, status in ((make_librarian(), 403), (make_user(), 302)):
        client.force_login(user)
        assert client.get(reverse(PAGE, args=[1])).status_code == status
        assert client.post(reverse(PAGE, args=[1]), FORM).status_code == status
    assert services.current().name == "Lyceum"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"currency": "XAU"}, "There is no currency “XAU”"),
        ({"currency": "ABC"}, "There is no currency “ABC”"),
        ({"currency": ""}, "This field is required"),
        ({"name": ""}, "This field is required"),
        ({"sender": "nobody"}, "valid email address"),
        ({"address": "x" * 501}, "at most 500 characters"),
        ({"new_logo": SimpleUploadedFile("logo.png", b"<svg onload='alert(1)'/>")}, "This is no PNG"),
    ],
)
def test_what_cannot_be_is_told_beside_its_field_and_nothing_is_saved(client, admin_user, wrong, told):
    client.force_login(admin_user)
    answer = client.post(reverse(PAGE, args=[1]), FORM | wrong)
    assert answer.status_code == 200
    assert told in answer.content.decode()
    assert services.current().name == "Lyceum"


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"currency": "eur"}, "library_profile_currency_code"),
        ({"name": ""}, "library_profile_named"),
        ({"id": 2}, "library_profile_one_row"),
    ],
)
def test_the_database_refuses_what_cannot_be(values, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        LibraryProfile.objects.filter(pk=1).update(**values)


@pytest.mark.parametrize(("code", "digits"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4)])
def test_a_currency_has_its_own_number_of_digits(code, digits):
    currencies.validate(code)
    assert LibraryProfile(currency=code).digits == digits


@pytest.mark.parametrize("code", ["XXX", "XTS", "XAU", "eur", "€", ""])
def test_what_nobody_pays_in_is_no_currency(code):
    with pytest.raises(ValidationError, match="no currency"):
        currencies.validate(code)


# The logo


@pytest.mark.parametrize(("kind", "name"), [("PNG", "a.png"), ("JPEG", "a.png"), ("WEBP", "a.exe"), ("GIF", "a")])
def test_a_logo_is_what_it_holds_whatever_its_name_says(admin_user, client, kind, name):
    library = services.save(profile=services.current(), by=admin_user, logo=picture(kind, name=name))
    address = Template("{% load profile %}{% library_logo %}").render(Context({"request": None}))
    services.remember(library)
    address = Template("{% load profile %}{% library_logo %}").render(Context({"request": None}))
    answer = client.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    assert Image.open(io.BytesIO(b"".join(answer.streaming_content))).size == (40, 20)
    assert "immutable" in answer["Cache-Control"]
    assert f'<img src="{address}" alt="" height="32">' in client.get(reverse("catalog:list")).content.decode()


def test_what_a_camera_wrote_beside_a_picture_is_not_kept():
    exif = Image.Exif()
    exif[0x8298] = "Private words"
    kept = as_png(picture("JPEG", exif=exif)).read()
    assert b"Private words" not in kept
    assert not Image.open(io.BytesIO(kept)).getexif()


def test_what_hides_behind_a_picture_is_not_kept():
    whole = picture().read() + b"<script>alert(1)</script>"
    assert b"<script>" not in as_png(ContentFile(whole)).read()


def test_a_large_picture_is_kept_small():
    assert Image.open(as_png(picture(size=(3000, 1000)))).size == (600, 200)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "at most 2 MB"),
        (b"x" * (2 * 1024 * 1024 + 1), "at most 2 MB"),
        (b"\x89PNG\r\n\x1a\n and no more", "This is no PNG"),
        (b"%PDF-1.7", "This is no PNG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "This is no PNG"),
    ],
)
def test_what_is_no_picture_is_refused(content, told):
    with pytest.raises(ValidationError, match=told):
        as_png(ContentFile(content))


def test_a_picture_cut_off_in_the_middle_is_refused():
    whole = picture("JPEG", size=(400, 400)).read()
    with pytest.raises(ValidationError, match="This is no PNG"):
        as_png(ContentFile(whole[: len(whole) // 2]))


def test_a_small_file_of_very_many_pixels_is_refused():
    with pytest.raises(ValidationError, match="16 million"):
        as_png(picture(size=(9000, 9000)))


def test_a_new_logo_takes_the_place_of_the_old_and_its_file(admin_user, client, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        old = str(services.save(profile=services.current(), by=admin_user, logo=picture()).logo)
        new = str(services.save(profile=services.current(), by=admin_user, logo=picture()).logo)
    assert old != new
    assert (default_storage.exists(old), default_storage.exists(new)) == (False, True)
    assert client.get(reverse("profile:logo", args=[old[8:-4]])).status_code == 404
    with django_capture_on_commit_callbacks(execute=True):
        services.save(profile=services.current(), by=admin_user, without_logo=True)
    assert not default_storage.exists(new)
    assert client.get(reverse("profile:logo", args=[new[8:-4]])).status_code == 404


def test_a_logo_whose_file_is_gone_is_not_found(admin_user, client):
    name = str(services.save(profile=services.current(), by=admin_user, logo=picture()).logo)
    default_storage.delete(name)
    assert client.get(reverse("profile:logo", args=[name[8:-4]])).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_logo_goes_with_a_change_that_is_not_kept(admin_user, settings):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        name = str(services.save(profile=services.current(), by=admin_user, logo=picture()).logo)
        raise ZeroDivisionError
    connection.close()
    assert not default_storage.exists(name)


# Letters


def test_a_letter_comes_from_the_library_and_is_called_after_it(admin_user):
    saved(admin_user, name="Bücherei, Amble", sender="desk@amble.example")
    notices.queue(user=admin_user, kind="password_changed")
    outbox.send_due()
    (letter,) = mail.outbox
    assert letter.subject == "Your password was changed · Bücherei, Amble"
    assert letter.message()["From"].endswith("<desk@amble.example>")
    assert letter.extra_headers["Message-ID"].endswith("@amble.example>")


def test_a_code_comes_from_the_same_sender(admin_user):
    saved(admin_user, name="Town Library", sender="desk@amble.example")
    code_letters.send_code(to="a@example.org", purpose=Purpose.LOGIN, digits="000000", minutes=10)
    (letter,) = mail.outbox
    assert letter.subject == "Your code to sign in · Town Library"
    assert letter.from_email == "Town Library <desk@amble.example>"


def test_without_a_sender_letters_come_from_the_one_of_the_settings(settings, admin_user):
    settings.DEFAULT_FROM_EMAIL = "Books <books@example.net>"
    saved(admin_user, name="Town Library")
    assert (services.current().from_address, services.current().domain) == ("Books <books@example.net>", "example.net")
    settings.DEFAULT_FROM_EMAIL = "webmaster"
    assert services.current().domain == "localhost"


def test_the_head_of_a_page_says_what_the_library_is_called(client, admin_user):
    services.remember(LibraryProfile(name="Books & <b>More</b>"))
    page = client.get(reverse("catalog:list")).content.decode()
    assert "Books &amp; &lt;b&gt;More&lt;/b&gt;</a>" in page
    assert "· Books &amp; &lt;b&gt;More&lt;/b&gt;</title>" in page
