package store_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/sync/errgroup"

	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
	"github.com/ayni-switch/ayni/settlement/store/postgres"
)

var (
	largeTransfers = flag.Int64("large", 0, "make a ledger of so many transfers (ten thousand a batch) and check it")
	largeFolder    = flag.String("large-folder", "", "where to make it, or to find it made (default: a folder that goes with the test)")
)

// A ledger as large as asked for, made by SQL in the shape that the engine gives it, passes the check. The log
// says how long that took, and what a transfer takes on disk.
func TestLargeLedger(t *testing.T) {
	if *largeTransfers == 0 {
		t.Skip("asks for -large, such as -large 1000000")
	}
	dir := *largeFolder
	if dir == "" {
		dir = pgtest.Folder(t)
	}
	server, err := postgres.Start(t.Context(), postgres.Config{Dir: dir, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	defer func() { require.NoError(t, server.Stop(context.WithoutCancel(t.Context()))) }()
	url := server.URL(postgres.Superuser, "postgres")
	require.NoError(t, store.Migrate(t.Context(), url))
	large, err := pgxpool.New(t.Context(), url)
	require.NoError(t, err)
	defer large.Close()

	var batches int64
	require.NoError(t, large.QueryRow(t.Context(), `SELECT count(*) FROM ledger.batch`).Scan(&batches))
	verifier := dir + "/log.pub"
	if batches == 0 {
		began := time.Now()
		public := makeLarge(t, large, *largeTransfers)
		require.NoError(t, os.WriteFile(verifier, []byte(public), 0o600))
		t.Logf("made %d transfers in %s", *largeTransfers, time.Since(began).Round(time.Second))
	}
	text, err := os.ReadFile(verifier)
	require.NoError(t, err)
	public, err := note.NewVerifier(string(text))
	require.NoError(t, err)
	logSizes(t, large)

	books, err := store.OpenAuditor(t.Context(), url)
	require.NoError(t, err)
	defer books.Close()
	began := time.Now()
	findings, err := books.CheckWatched(t.Context(), public, func(done, all int) {
		if done == all {
			t.Logf("%d pieces", all)
		}
	})
	require.NoError(t, err)
	took := time.Since(began)
	t.Logf("checked in %s: %d ms a million transfers", took.Round(time.Millisecond), took.Milliseconds()*1_000_000 / *largeTransfers)
	for _, f := range findings {
		t.Logf("%-24s %s", f.Name, f.Detail)
		require.True(t, f.OK, "%s: %s", f.Name, f.Detail)
	}
}

// logSizes says what each kind of row takes, indexes apart.
func logSizes(t *testing.T, large *pgxpool.Pool) {
	t.Helper()
	rows, err := large.Query(t.Context(), `
		SELECT regexp_replace(c.relname, '_(first|\d{4}_\d\d)$', '') AS kept, sum(c.reltuples)::bigint, sum(pg_table_size(c.oid))::bigint,
		       sum(pg_indexes_size(c.oid))::bigint
		FROM pg_class c WHERE c.relnamespace = 'ledger'::regnamespace AND c.relkind = 'r' AND c.reltuples > 0
		GROUP BY 1 ORDER BY sum(pg_total_relation_size(c.oid)) DESC`)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var name string
		var count, table, indexes int64
		require.NoError(t, rows.Scan(&name, &count, &table, &indexes))
		t.Logf("%-16s %10d rows, %4d bytes and %4d of indexes each; %6d MB", name, count, table/count, indexes/count, (table+indexes)>>20)
	}
	require.NoError(t, rows.Err())
}

const (
	largeBatch   = 10_000 // transfers
	largeMembers = 40
)

// makeLarge makes a ledger: forty participants, half in each of two currencies, everybody funded; batches of
// ten thousand transfers, a third across currencies, over three months; outcomes in the batch after, every
// hundredth a refusal that sends the money back. It returns the key of its log.
func makeLarge(t *testing.T, large *pgxpool.Pool, transfers int64) (public string) {
	t.Helper()
	batches := (transfers + largeBatch - 1) / largeBatch
	run := func(sql string) {
		t.Helper()
		_, err := large.Exec(t.Context(), sql)
		require.NoError(t, err, sql)
	}
	run(fmt.Sprintf(largeBeginning, (90*24*time.Hour).Milliseconds()/(batches+2)))
	run(`SELECT ledger.make_partitions(generate_series(gen.at(2), gen.at(` + fmt.Sprint(batches+4) + `) + interval '1 month', interval '1 month'))`)
	run(fmt.Sprintf(`INSERT INTO ledger.batch (id, epoch, settlement_window, decided_at, intents, cleared, queued, log_index)
		SELECT b, 1, 1, gen.at(b), CASE WHEN b BETWEEN 2 AND %[1]d + 1 THEN %[2]d ELSE 0 END, CASE WHEN b BETWEEN 2 AND %[1]d + 1 THEN %[2]d ELSE 0 END, 0, b - 1
		FROM generate_series(1, %[1]d + 3) AS b`, batches, largeBatch))
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(2)
	for first := int64(0); first < batches; first += 20 {
		group.Go(func() error { return makeStretch(ctx, large, first+2, min(first+20, batches)+1) })
	}
	require.NoError(t, group.Wait())
	for _, sql := range largeEnding {
		run(strings.ReplaceAll(sql, "$batches", fmt.Sprint(batches)))
	}
	secret, public, err := note.GenerateKey(rand.Reader, "ayni.test/log")
	require.NoError(t, err)
	signer, err := note.NewSigner(secret)
	require.NoError(t, err)
	makeLog(t, large, signer)
	run(`VACUUM ANALYZE`)
	return public
}

// makeStretch makes the batches from first to last, and what the one and the two after say of them.
func makeStretch(ctx context.Context, large *pgxpool.Pool, first, last int64) error {
	return pgx.BeginFunc(ctx, large, func(tx pgx.Tx) error {
		for _, sql := range largeStretch {
			if _, err := tx.Exec(ctx, strings.NewReplacer("$first", fmt.Sprint(first), "$last", fmt.Sprint(last)).Replace(sql)); err != nil {
				return fmt.Errorf("%s: %w", sql, err)
			}
		}
		return nil
	})
}

// makeLog writes an entry a batch, and a checkpoint each.
func makeLog(t *testing.T, large *pgxpool.Pool, signer note.Signer) {
	t.Helper()
	rows, err := large.Query(t.Context(), `SELECT hash FROM ledger.log_blob ORDER BY batch`)
	require.NoError(t, err)
	hashes, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	require.NoError(t, err)
	var tree audit.Tree
	var entries, checkpoints [][]any
	for i, hash := range hashes {
		body := fmt.Appendf(nil, `{"batch":"%d","kind":"batch","record":"%s"}`, i+1, hex.EncodeToString(hash))
		leaf := audit.Leaf(body)
		tree.Append(leaf)
		signed, err := audit.Checkpoint{Origin: audit.Origin(signer.Name()), Size: tree.Size(), Root: tree.Root()}.Sign(signer)
		require.NoError(t, err)
		entries = append(entries, []any{int64(i), int64(i) + 1, "batch", body, leaf[:]})
		checkpoints = append(checkpoints, []any{int64(i) + 1, int64(i) + 1, signed})
	}
	_, err = large.CopyFrom(t.Context(), pgx.Identifier{"ledger", "log_entry"}, []string{"index", "batch", "kind", "body", "leaf"}, pgx.CopyFromRows(entries))
	require.NoError(t, err)
	_, err = large.CopyFrom(t.Context(), pgx.Identifier{"ledger", "log_checkpoint"}, []string{"size", "batch", "note"}, pgx.CopyFromRows(checkpoints))
	require.NoError(t, err)
}

// largeBeginning takes the milliseconds between two batches. Accounts: 1 and 2 the agent's, 3 and 4 the
// pools', 5 and 6 the residual ones, then settlement and position of each member, then the provider's.
const largeBeginning = `
	CREATE SCHEMA gen;
	CREATE FUNCTION gen.at(batch bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS
		$$ SELECT timestamptz '2026-01-05 00:00+00' + batch * interval '%d milliseconds' $$;
	CREATE FUNCTION gen.id(batch bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS
		$$ SELECT floor(extract(epoch FROM gen.at(batch)) * 1000)::bigint << 20 $$;
	CREATE FUNCTION gen.coin(member integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT CASE member %% 2 WHEN 1 THEN 'KES' ELSE 'PHP' END $$;
	-- transfer k of a batch: who to whom, how much
	CREATE FUNCTION gen.transfers(first bigint, last bigint) RETURNS TABLE (batch bigint, k bigint, id bigint, debtor integer, creditor integer,
		out_coin text, in_coin text, out_minor bigint, in_minor bigint) LANGUAGE sql STABLE AS $$
		SELECT batch, k, gen.id(batch) + k, debtor, creditor, out_coin, in_coin,
		       CASE WHEN out_coin <> in_coin AND out_coin = 'KES' THEN 2 * amount ELSE amount END,
		       CASE WHEN out_coin <> in_coin AND in_coin = 'KES' THEN 2 * amount ELSE amount END
		FROM (SELECT batch, k, debtor, creditor, gen.coin(debtor) AS out_coin, gen.coin(creditor) AS in_coin, 1000 + (batch * 7919 + k * 104729) %% 1000003 AS amount
		      FROM (SELECT batch, k, (1 + k %% 40)::integer AS debtor,
		                   (1 + (k %% 40 + CASE WHEN k %% 3 = 0 THEN 1 + 2 * ((k / 40) %% 20) ELSE 2 + 2 * ((k / 40) %% 19) END) %% 40)::integer AS creditor
		            FROM generate_series(first, last) AS batch CROSS JOIN generate_series(0, 9999) AS k) who) coins $$;
	INSERT INTO ledger.participant SELECT i, 'rail-' || i, CASE i %% 2 WHEN 1 THEN 'KE' ELSE 'PH' END, gen.coin(i), 'operator', 'U', false, 1, 1, 1000000000
		FROM generate_series(1, 40) AS i;
	INSERT INTO ledger.participant VALUES (41, 'fx-house', 'MU', 'KES', 'provider', '', false, 1, 1, 1);
	INSERT INTO ledger.account VALUES (1, 0, 'agent', 'KES'), (2, 0, 'agent', 'PHP'), (3, 0, 'fx', 'KES'), (4, 0, 'fx', 'PHP'),
		(5, 0, 'residual', 'KES'), (6, 0, 'residual', 'PHP'), (87, 41, 'settlement', 'KES'), (88, 41, 'settlement', 'PHP');
	INSERT INTO ledger.account SELECT 5 + 2 * i, i, 'settlement', gen.coin(i) FROM generate_series(1, 40) AS i;
	INSERT INTO ledger.account SELECT 6 + 2 * i, i, 'position', gen.coin(i) FROM generate_series(1, 40) AS i;
	INSERT INTO ledger.quote VALUES ('k-p', 1, 'fx-house', 'KES', 'PHP', '1/2', '2030-01-01'), ('p-k', 1, 'fx-house', 'PHP', 'KES', '2', '2030-01-01');
	INSERT INTO ledger.window_event (settlement_window, state, batch, log_index) VALUES (1, 'open', 1, 0);
	INSERT INTO ledger.command SELECT a.id, a.id::text, 'fund', convert_to(jsonb_build_object('participant', p.name, 'currency', a.currency,
		'amount_minor', 1000000000000000)::text, 'UTF8') FROM (SELECT row_number() OVER (ORDER BY id) AS id, participant, currency FROM ledger.account
		WHERE kind = 'settlement') a JOIN ledger.participant p ON p.id = a.participant;
	INSERT INTO ledger.command_result SELECT id, 1, '' FROM ledger.command;
	INSERT INTO ledger.command SELECT 42 + id, 'admit ' || id, 'add_participant', convert_to(jsonb_build_object('name', name, 'signing_key', signing_key)::text, 'UTF8')
		FROM ledger.participant;
	INSERT INTO ledger.command_result SELECT 42 + id, 1, '' FROM ledger.participant;
	SELECT ledger.make_partitions(gen.at(1));
	INSERT INTO ledger.posting SELECT gen.id(1) + id, 1, NULL, 'fund', CASE currency WHEN 'KES' THEN 1 ELSE 2 END, id, 1000000000000000, currency
		FROM ledger.account WHERE kind = 'settlement'`

// largeStretch takes the first and the last batch.
var largeStretch = []string{
	`CREATE TEMPORARY TABLE t ON COMMIT DROP AS SELECT *, k % 100 = 99 AS fails FROM gen.transfers($first, $last)`,
	`INSERT INTO ledger.envelope (participant, sequence, batch, decided_at, kind, received_at, payload, signature, hash)
		SELECT debtor, 2 * (batch - 2) + 1, batch, gen.at(batch), 'intent', gen.at(batch), body, decode(repeat('5a', 86), 'hex'), sha256(body) FROM (
			SELECT debtor, batch, convert_to('{"version":1,"participant":"rail-' || debtor || '","intents":[' || string_agg(
				'{"id":"01hq' || to_hex(id) || '","creditor_participant":"rail-' || creditor || '","debtor":{"name":"Wanjiku ' || substr(md5(id::text), 1, 6)
				|| '","account":"2547' || right(id::text, 8) || '"},"creditor":{"name":"Maria ' || substr(md5((-id)::text), 1, 6) || '","account":"6391' || right((id % 1000003 * 7919)::text, 8)
				|| '"},"source":{"currency":"' || out_coin || '","minor":"' || out_minor || '"},"destination":{"currency":"' || in_coin || '","minor":"' || in_minor
				|| '"},"quote":"k-p","fixed":"source","deadline":"2026-04-13T06:30:00Z","reference":"school fees"}', ',') || ']}', 'UTF8') AS body
			FROM t GROUP BY debtor, batch) e`,
	`INSERT INTO ledger.envelope (participant, sequence, batch, decided_at, kind, received_at, payload, signature, hash)
		SELECT creditor, 2 * (batch - 2) + 2, batch + 1, gen.at(batch + 1), 'outcome', gen.at(batch + 1), body, decode(repeat('5a', 86), 'hex'), sha256(body) FROM (
			SELECT creditor, batch, convert_to('{"version":1,"participant":"rail-' || creditor || '","outcomes":[' || string_agg(
				'{"transfer":"T0' || id || '","kind":"payout","state":"paid","amount":{"currency":"' || in_coin || '","minor":"' || in_minor
				|| '"},"rail_ref":"R' || substr(md5(id::text), 7, 10) || '","resolved_by":"callback"}', ',') || ']}', 'UTF8') AS body
			FROM t GROUP BY creditor, batch) e`,
	`INSERT INTO ledger.transfer SELECT id, batch, NULL, debtor, creditor, '01hq' || to_hex(id), 2 * (batch - 2) + 1, k / 40, out_minor, out_coin, in_minor, in_coin,
		CASE WHEN out_coin = in_coin THEN '' WHEN out_coin = 'KES' THEN 'k-p' ELSE 'p-k' END, 0, in_coin, gen.at(batch), gen.at(batch) + interval '30 minutes'
		FROM t ORDER BY id`,
	`INSERT INTO ledger.transfer SELECT gen.id(batch + 1) + 10000 + k, batch + 1, id, debtor, creditor, '01hq' || to_hex(id), 2 * (batch - 2) + 1, k / 40, out_minor, out_coin,
		in_minor, in_coin, CASE WHEN out_coin = in_coin THEN '' WHEN out_coin = 'KES' THEN 'k-p' ELSE 'p-k' END, 0, in_coin, gen.at(batch + 1), gen.at(batch) + interval '30 minutes'
		FROM t WHERE fails ORDER BY id`,
	`INSERT INTO ledger.intent SELECT debtor, '01hq' || to_hex(id), sha256(int8send(id)), batch, id, '', '' FROM t ORDER BY batch, debtor, id`,
	`INSERT INTO ledger.transfer_event SELECT id, state, batch + after, reason FROM (
		SELECT id, batch, 'cleared' AS state, 0 AS after, '' AS reason FROM t
		UNION ALL SELECT id, batch, CASE WHEN fails THEN 'return_pending' ELSE 'paid' END, 1, CASE WHEN fails THEN 'AC01' ELSE '' END FROM t
		UNION ALL SELECT id, batch, 'returned', 2, '' FROM t WHERE fails
		UNION ALL SELECT gen.id(batch + 1) + 10000 + k, batch, 'cleared', 1, '' FROM t WHERE fails
		UNION ALL SELECT gen.id(batch + 1) + 10000 + k, batch, 'paid', 2, '' FROM t WHERE fails) e ORDER BY batch + after, id`,
	`INSERT INTO ledger.outcome SELECT batch + after, row_number() OVER (PARTITION BY batch + after ORDER BY id), participant, 2 * (batch - 2) + 2, id, kind, state,
		'applied', rail_ref, '', '', '', 'callback' FROM (
		SELECT id, batch, 1 AS after, creditor AS participant, 'payout' AS kind, CASE WHEN fails THEN 'failed' ELSE 'paid' END AS state, 'R' || substr(md5(id::text), 7, 10) AS rail_ref FROM t
		UNION ALL SELECT id, batch, 2, debtor, 'refund', 'paid', '' FROM t WHERE fails) e`,
	`INSERT INTO ledger.posting SELECT id, batch, transfer, kind, debit, credit, amount, currency FROM (
		SELECT gen.id(batch) + 2 * k AS id, batch, id AS transfer, 'clear' AS kind, 6 + 2 * debtor AS debit,
			CASE WHEN out_coin = in_coin THEN 6 + 2 * creditor WHEN out_coin = 'KES' THEN 3 ELSE 4 END AS credit, out_minor AS amount, out_coin AS currency FROM t
		UNION ALL SELECT gen.id(batch) + 2 * k + 1, batch, id, 'clear', CASE WHEN in_coin = 'KES' THEN 3 ELSE 4 END, 6 + 2 * creditor, in_minor, in_coin
			FROM t WHERE out_coin <> in_coin
		UNION ALL SELECT gen.id(batch + 1) + 20000 + 2 * k, batch + 1, gen.id(batch + 1) + 10000 + k, 'return', 6 + 2 * creditor,
			CASE WHEN out_coin = in_coin THEN 6 + 2 * debtor WHEN in_coin = 'KES' THEN 3 ELSE 4 END, in_minor, in_coin FROM t WHERE fails
		UNION ALL SELECT gen.id(batch + 1) + 20000 + 2 * k + 1, batch + 1, gen.id(batch + 1) + 10000 + k, 'return', CASE WHEN out_coin = 'KES' THEN 3 ELSE 4 END,
			6 + 2 * debtor, out_minor, out_coin FROM t WHERE fails AND out_coin <> in_coin) p ORDER BY batch, id`,
	`INSERT INTO ledger.log_blob (hash, batch, decided_at, body) SELECT sha256(body), batch, gen.at(batch), body FROM (
		SELECT batch, convert_to(string_agg(encode(sha256(int8send(id)), 'base64'), '' ORDER BY id), 'UTF8') AS body FROM t GROUP BY batch) b`,
	// A participant hears of its transfers' states twice, and is told to pay; half a page each.
	`INSERT INTO ledger.outbox (id, batch, decided_at, participant, kind, payload)
		SELECT (batch - 2) * 120 + row_number() OVER (PARTITION BY batch ORDER BY kind, member), batch, gen.at(batch), 'rail-' || member, kind, convert_to(body, 'UTF8') FROM (
			SELECT batch, debtor AS member, 'status' AS kind, '{"version":1,"changes":[' || string_agg('{"intent":"01hq' || to_hex(id) || '","transfer":"T0' || id
				|| '","state":"cleared"}', ',') || ']}' AS body FROM t GROUP BY batch, debtor
			UNION ALL SELECT batch, debtor, 'status', '{"version":1,"changes":[' || string_agg('{"intent":"01hq' || to_hex(id) || '","transfer":"T0' || id
				|| '","state":"paid"}', ',') || ']}' FROM t GROUP BY batch, debtor
			UNION ALL SELECT batch, creditor, 'payout', '{"version":1,"instructions":[' || string_agg('{"transfer":"T0' || id || '","kind":"payout","intent":"01hq' || to_hex(id)
				|| '","amount":{"currency":"' || in_coin || '","minor":"' || in_minor || '"},"debtor":{"name":"Wanjiku ' || substr(md5(id::text), 1, 6)
				|| '","account":"2547' || right(id::text, 8) || '"},"creditor":{"name":"Maria ' || substr(md5((-id)::text), 1, 6) || '","account":"6391' || right((id % 1000003 * 7919)::text, 8)
				|| '"},"reference":"school fees","counterparty":"rail-' || debtor || '"}', ',') || ']}' FROM t GROUP BY batch, creditor) m`,
	`DROP TABLE t`,
}

// largeEnding takes the number of batches with transfers.
var largeEnding = []string{
	`INSERT INTO ledger.log_blob (hash, batch, decided_at, body) SELECT sha256(convert_to(b::text, 'UTF8')), b, gen.at(b), convert_to(b::text, 'UTF8')
		FROM unnest(ARRAY[1, $batches + 2, $batches + 3]) AS b`,
	`INSERT INTO ledger.stream_position SELECT participant, gen.at(1), max(sequence), '\x00' FROM ledger.envelope GROUP BY participant`,
	`UPDATE ledger.outbox_position SET published = (SELECT max(id) FROM ledger.outbox)`,
	`INSERT INTO ledger.balance (account, batch, debits, credits) SELECT account, batch, sum(debits) OVER before, sum(credits) OVER before FROM (
		SELECT account, batch, sum(debits) AS debits, sum(credits) AS credits FROM (
			SELECT batch, debit, credit, sum(amount) AS amount FROM ledger.posting GROUP BY 1, 2, 3) p
		CROSS JOIN LATERAL (VALUES (debit, amount, 0), (credit, 0, amount)) AS side (account, debits, credits) GROUP BY account, batch) moved
		WINDOW before AS (PARTITION BY account ORDER BY batch) ORDER BY batch, account`,
	`INSERT INTO ledger.liquidity SELECT account, batch, 1000000000000000, 0, credits - debits FROM ledger.balance JOIN ledger.account a ON a.id = account
		AND a.kind IN ('position', 'fx') ORDER BY batch, account`,
}
