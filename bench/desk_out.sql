-- One check-out by the least that it needs: the rows that the service reads, locks and writes, in the same statements.
\set i :i + 1
\set copy :first_copy + :client_id * :each + :i
\set card :client_id * :each + :i
BEGIN;
SELECT patron.user_id AS id, patron.tier_id AS tier FROM accounts_patron AS patron JOIN accounts_user AS person ON person.id = patron.user_id JOIN accounts_tier AS tier ON tier.id = patron.tier_id WHERE upper(card_number) = 'B-' || :card FOR NO KEY UPDATE OF patron \gset patron_
SELECT copy.book_id AS book, copy.branch_id AS branch, copy.status FROM catalog_copy AS copy JOIN catalog_book AS book ON book.id = copy.book_id JOIN catalog_branch AS branch ON branch.id = copy.branch_id WHERE upper(barcode) = 'B' || :copy FOR NO KEY UPDATE OF book, copy \gset copy_
SELECT loan.id, copy.barcode, card_number, due_at, claimed_returned_at FROM circulation_loan AS loan JOIN accounts_patron ON user_id = patron_id JOIN catalog_copy AS copy ON copy.id = copy_id WHERE (patron_id = :patron_id OR copy_id = :copy) AND returned_at IS NULL ORDER BY due_at;
SELECT hold.id, copy_id, state, card_number FROM circulation_hold AS hold JOIN accounts_patron ON user_id = patron_id WHERE book_id = :copy_book AND ended_at IS NULL ORDER BY placed_at;
SELECT rule.*, branch.name, tier.name, (SELECT overdue_policy FROM circulation_lendingsettings LIMIT 1) FROM circulation_loanrule AS rule LEFT JOIN catalog_branch AS branch ON branch.id = branch_id LEFT JOIN accounts_tier AS tier ON tier.id = tier_id WHERE tier_id IS NULL OR tier_id = :patron_tier;
UPDATE catalog_copy SET status = 'on_loan' WHERE id = :copy;
UPDATE catalog_book SET popularity = popularity + 1 WHERE id = :copy_book;
INSERT INTO circulation_loan (id, copy_id, branch_id, patron_id, checked_out_at, checked_out_by_id, due_at, is_hourly, renewals, explanation) VALUES (uuidv7(), :copy, :copy_branch, :patron_id, now(), :librarian, now() + interval '14 days', false, 0, to_jsonb(repeat('as long as ours ', 100))) RETURNING id AS loan \gset
INSERT INTO activity_activity (id, at, actor_id, verb, subject_id, object_label, object_id, data) VALUES (uuidv7(), now(), :librarian, 'loan.opened', :patron_id, 'circulation.loan', :loan, '{"barcode": "B1000001", "due": "2026-12-05T22:59:00+00:00"}');
COMMIT;
