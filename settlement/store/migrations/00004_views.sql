-- +goose Up
SET ROLE ayni_owner;

-- What an accountant reads: each posting twice, once a side, with names and a running balance.
-- Amounts are in minor units; a credit to a participant's account is money it may dispose of.
CREATE VIEW ledger.journal AS
SELECT p.id AS posting, p.batch, b.decided_at, p.kind, p.transfer,
       coalesce(n.name, 'scheme') AS participant, a.kind AS account, p.currency,
       CASE WHEN side.is_debit THEN p.amount END AS debit_minor,
       CASE WHEN side.is_debit THEN NULL ELSE p.amount END AS credit_minor,
       sum(CASE WHEN side.is_debit THEN -p.amount ELSE p.amount END)
           OVER (PARTITION BY a.id ORDER BY p.id) AS balance_minor
FROM ledger.posting p
JOIN ledger.batch b ON b.id = p.batch
CROSS JOIN (VALUES (true), (false)) AS side (is_debit)
JOIN ledger.account a ON a.id = CASE WHEN side.is_debit THEN p.debit ELSE p.credit END
LEFT JOIN ledger.participant n ON n.id = a.participant;

-- Where each transfer is now. Returns are shown with the transfer that they send back, not apart.
CREATE VIEW ledger.transfer_state AS
SELECT t.id, t.intent, d.name AS debtor, c.name AS creditor,
       t.source_minor, t.source_currency, t.destination_minor, t.destination_currency,
       last.state, last.reason, last.batch, t.received_at
FROM ledger.transfer t
JOIN ledger.participant d ON d.id = t.debtor
JOIN ledger.participant c ON c.id = t.creditor
CROSS JOIN LATERAL (
    SELECT e.state, e.reason, e.batch FROM ledger.transfer_event e WHERE e.transfer = t.id
    ORDER BY e.batch DESC,
        array_position(ARRAY['queued', 'cleared', 'return_pending', 'expired', 'paid', 'returned'], e.state) DESC
    LIMIT 1
) last
WHERE t.return_of IS NULL;

-- Balances now.
CREATE VIEW ledger.balance_now AS
SELECT a.id AS account, coalesce(n.name, 'scheme') AS participant, a.kind, a.currency,
       coalesce(last.debits, 0) AS debits_minor, coalesce(last.credits, 0) AS credits_minor,
       coalesce(last.credits - last.debits, 0) AS balance_minor
FROM ledger.account a
LEFT JOIN ledger.participant n ON n.id = a.participant
LEFT JOIN LATERAL (
    SELECT debits, credits FROM ledger.balance b WHERE b.account = a.id ORDER BY b.batch DESC LIMIT 1
) last ON true;

GRANT SELECT ON ledger.journal, ledger.transfer_state, ledger.balance_now TO ayni_engine, ayni_reader;
RESET ROLE;

-- +goose Down
DROP VIEW ledger.balance_now;
DROP VIEW ledger.transfer_state;
DROP VIEW ledger.journal;
