"""Barcodes that were stored before they were folded."""

import pytest
from django.db import connection

from catalog.models import Copy
from catalog.tests.factories import make_copy
from library.core.database.fields import fold_stored


@pytest.mark.django_db
def test_numbers_of_old_rows_are_folded_and_none_is_lost():
    copies = [make_copy() for _ in range(4)]
    with connection.cursor() as cursor:  # as the table was before
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name in ("copy_barcode_seen", "copy_barcode_folds", "copy_barcode_unique"):
            cursor.execute(f"ALTER TABLE catalog_copy DROP CONSTRAINT {name}")
        for copy, old in zip(copies, [" C-1\u200e", "Ä-17", "ä-17", "ä-17-2"], strict=True):
            cursor.execute("UPDATE catalog_copy SET barcode = %s, barcode_folded = '' WHERE id = %s", [old, copy.pk])

    renamed = fold_stored(Copy.objects.all(), of="barcode", column="barcode_folded", at_once=3)

    kept = Copy.objects.order_by("pk").values_list("barcode", "barcode_folded")
    assert list(kept) == [("C-1", "c-1"), ("Ä-17", "ä-17"), ("ä-17-2", "ä-17-2"), ("ä-17-2-2", "ä-17-2-2")]
    assert renamed == [("ä-17", "ä-17-2"), ("ä-17-2", "ä-17-2-2")]
