-- One check-out by the least that it needs: the same rows read, locked and written as the service reads, locks and writes.
\set i :i + 1
\set copy :first_copy + :client_id * :each + :i
\set patron :client_id * :each + :i
BEGIN;
SELECT user_id, card_number, tier_id FROM accounts_patron WHERE upper(card_number) = 'B-' || :patron FOR NO KEY UPDATE \gset patron_
SELECT id, book_id, branch_id FROM catalog_copy WHERE id = :copy \gset copy_
SELECT id FROM catalog_book WHERE id = :copy_book_id FOR NO KEY UPDATE;
SELECT status FROM catalog_copy WHERE id = :copy FOR NO KEY UPDATE;
SELECT * FROM circulation_loanrule WHERE (branch_id IS NULL OR branch_id = :copy_branch_id) AND (tier_id IS NULL OR tier_id = :patron_tier_id);
SELECT * FROM circulation_loan WHERE patron_id = :patron_user_id AND returned_at IS NULL;
SELECT * FROM circulation_hold WHERE book_id = :copy_book_id AND state IN ('requested', 'queued', 'in_transit', 'ready', 'suspended');
UPDATE catalog_copy SET status = 'on_loan' WHERE id = :copy;
UPDATE catalog_book SET popularity = popularity + 1 WHERE id = :copy_book_id;
INSERT INTO circulation_loan (id, copy_id, branch_id, patron_id, checked_out_at, checked_out_by_id, due_at, is_hourly, renewals, explanation) VALUES (uuidv7(), :copy, :copy_branch_id, :patron_user_id, now(), :librarian, now() + interval '14 days', false, 0, '{"values": {}, "steps": []}');
COMMIT;
