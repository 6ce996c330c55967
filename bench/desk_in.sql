-- One check-in by the least that it needs.
\set i :i + 1
\set copy :first_copy + :client_id * :each + :i
BEGIN;
SELECT book_id FROM catalog_copy WHERE upper(barcode) = 'B' || :copy \gset copy_
SELECT id FROM catalog_book WHERE id = :copy_book_id FOR NO KEY UPDATE;
SELECT status FROM catalog_copy WHERE id = :copy FOR NO KEY UPDATE;
SELECT id AS loan FROM circulation_loan WHERE copy_id = :copy AND returned_at IS NULL \gset
SELECT * FROM circulation_hold WHERE book_id = :copy_book_id AND state IN ('requested', 'queued', 'in_transit', 'ready', 'suspended');
UPDATE circulation_loan SET returned_at = now(), checked_in_at = now(), returned_by_id = :librarian WHERE id = :loan;
UPDATE catalog_copy SET status = 'available' WHERE id = :copy;
COMMIT;
