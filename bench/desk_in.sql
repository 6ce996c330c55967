-- One check-in by the least that it needs.
\set i :i + 1
\set copy :first_copy + :client_id * :each + :i
BEGIN;
SELECT copy.book_id AS book, copy.branch_id AS branch, copy.status FROM catalog_copy AS copy JOIN catalog_book AS book ON book.id = copy.book_id JOIN catalog_branch AS branch ON branch.id = copy.branch_id WHERE upper(barcode) = 'B' || :copy FOR NO KEY UPDATE OF book, copy \gset copy_
SELECT loan.id, patron_id AS patron FROM circulation_loan AS loan JOIN accounts_patron AS patron ON patron.user_id = patron_id JOIN accounts_user AS person ON person.id = patron.user_id WHERE copy_id = :copy AND returned_at IS NULL \gset loan_
UPDATE circulation_loan SET returned_at = now(), checked_in_at = now(), returned_by_id = :librarian WHERE id = :loan_id;
INSERT INTO activity_activity (id, at, actor_id, verb, subject_id, object_label, object_id, data) VALUES (uuidv7(), now(), :librarian, 'loan.closed', :loan_patron, 'circulation.loan', :loan_id::text, '{"barcode": "B1000001", "returned": "2026-12-05T22:59:00+00:00"}');
SELECT hold.id, copy_id, state, card_number FROM circulation_hold AS hold JOIN accounts_patron ON user_id = patron_id WHERE book_id = :copy_book AND state IN ('requested', 'in_transit', 'ready', 'queued') ORDER BY placed_at;
UPDATE catalog_copy SET status = 'available' WHERE id = :copy;
COMMIT;
