package engine_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/decide"
	"github.com/ayni-switch/ayni/settlement/engine"
	"github.com/ayni-switch/ayni/settlement/fee"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

var freeze = flag.Bool("freeze", false, "write a day by today's rules and schema to testdata/frozen, and its log to ../audit/verify/testdata, beside those of before")

// Ledgers that were written by the rules and the schema of before: each is brought to today's schema, decided
// again to the byte, and sound. A file is what COPY wrote of each table, behind the log's key and the schema's version.
func TestFrozenLedgersReplay(t *testing.T) {
	if *freeze {
		freezeDay(t)
	}
	frozen, err := filepath.Glob("testdata/frozen/*.gz")
	require.NoError(t, err)
	require.NotEmpty(t, frozen)
	for _, file := range frozen {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".gz"), func(t *testing.T) {
			t.Parallel()
			url := pgtest.New(t)
			public := thaw(t, url, file)
			require.NoError(t, store.Migrate(t.Context(), url))
			books, err := store.Open(t.Context(), url)
			require.NoError(t, err)
			defer books.Close()
			batches, err := engine.Replay(t.Context(), books)
			require.NoError(t, err)
			require.Greater(t, batches, 20)
			findings, err := books.Check(t.Context(), public)
			require.NoError(t, err)
			for _, f := range findings {
				require.True(t, f.OK, "%s: %s", f.Name, f.Detail)
			}
		})
	}
}

// migrateTo brings a database to the schema of an earlier version; 0 is the newest.
func migrateTo(t *testing.T, url string, version int64) {
	t.Helper()
	config, err := pgx.ParseConfig(url)
	require.NoError(t, err)
	db := stdlib.OpenDB(*config)
	defer db.Close() //nolint:errcheck // nothing is left to lose
	provider, err := goose.NewProvider(goose.DialectPostgres, db, os.DirFS("../store/migrations"))
	require.NoError(t, err)
	_, err = provider.UpTo(t.Context(), version)
	require.NoError(t, err)
}

// thaw makes the database that a file was written of, and returns who signed its log.
func thaw(t *testing.T, url, file string) note.Verifier {
	t.Helper()
	packed, err := os.Open(file)
	require.NoError(t, err)
	defer packed.Close() //nolint:errcheck // only read
	text, err := gzip.NewReader(packed)
	require.NoError(t, err)
	lines := bufio.NewReader(text)
	var key string
	var version int64
	_, err = fmt.Fscanf(lines, "%s\n%d\n", &key, &version)
	require.NoError(t, err)
	public, err := note.NewVerifier(key)
	require.NoError(t, err)
	migrateTo(t, url, version)
	owner, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer owner.Close(context.WithoutCancel(t.Context()))                      //nolint:errcheck // all is committed
	_, err = owner.Exec(t.Context(), `SET session_replication_role = replica`) // what is written was checked when it was
	require.NoError(t, err)
	for {
		table, err := lines.ReadString('\n')
		if errors.Is(err, io.EOF) {
			return public
		}
		require.NoError(t, err)
		table = strings.TrimSpace(table)
		var rows bytes.Buffer
		for {
			row, err := lines.ReadString('\n')
			require.NoError(t, err)
			if row == "\\.\n" {
				break
			}
			rows.WriteString(row)
		}
		_, err = owner.Exec(t.Context(), `DELETE FROM ledger.`+table)
		require.NoError(t, err)
		_, err = owner.PgConn().CopyFrom(t.Context(), &rows, `COPY ledger.`+table+` FROM STDIN`)
		require.NoError(t, err, table)
		if table == "batch" { // the tables that follow are kept by month
			_, err = owner.Exec(t.Context(), `SELECT ledger.make_partitions(month) FROM (SELECT DISTINCT date_trunc('month', decided_at, 'UTC') AS month FROM ledger.batch) months`)
			require.NoError(t, err)
		}
	}
}

// write writes the scene's ledger as thaw reads it.
func (s *scene) write(to io.Writer) {
	say := func(v ...any) {
		_, err := fmt.Fprintln(to, v...)
		require.NoError(s.t, err)
	}
	owner, err := pgx.Connect(s.t.Context(), s.url)
	require.NoError(s.t, err)
	defer owner.Close(context.WithoutCancel(s.t.Context())) //nolint:errcheck // only read
	var version int64
	require.NoError(s.t, owner.QueryRow(s.t.Context(), `SELECT max(version_id) FROM public.goose_db_version`).Scan(&version))
	say(s.logKey)
	say(version)
	rows, err := owner.Query(s.t.Context(), `SELECT relname::text FROM pg_class WHERE relnamespace = 'ledger'::regnamespace
		AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname`)
	require.NoError(s.t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(s.t, err)
	for _, table := range tables {
		say(table)
		_, err := owner.PgConn().CopyTo(s.t.Context(), to, `COPY (SELECT * FROM ledger.`+table+`) TO STDOUT`)
		require.NoError(s.t, err)
		say(`\.`)
	}
}

// freezeDay lives a small day with something of everything, and writes it down under the name of its rules.
func freezeDay(t *testing.T) {
	t.Helper()
	s := newScene(t)
	paying, rest := context.WithCancel(t.Context())
	paid := make(chan error, len(names))
	for _, name := range names {
		go func() { paid <- s.pay(paying, name) }()
	}
	screen := decide.KeyedScreen{Key: []byte("a key of this test")}
	hash := screen.Hash(s.intent(1).Creditor.Account)
	done := func(kind settlement.CommandKind, body any) { require.Empty(t, s.told(kind, body), kind) }
	send := func(intents ...messaging.Intent) {
		require.NoError(t, s.clients["mpesa-ke"].PublishIntents(t.Context(), intents))
	}
	stop := s.lead("first", screen)
	done(settlement.CommandScreen, settlement.ScreenList{Name: "list", Version: 1, Accounts: [][]byte{hash[:]}})
	done(settlement.CommandGross, settlement.Gross{From: kes, To: php, ThresholdMinor: 100_30})
	done(settlement.CommandPatience, settlement.Patience{Participant: "gcash-ph", Seconds: 600})
	done(settlement.CommandFund, settlement.Fund{Participant: "gcash-ph", Currency: php, AmountMinor: 10_000_00, Account: settlement.StandingCollateral, Evidence: "CAMT-2"})
	done(settlement.CommandCreditTerms, settlement.CreditTerms{Participant: "gcash-ph", Currency: php, HaircutPPM: 100_000})
	done(settlement.CommandCreditLine, settlement.CreditLine{Participant: "gcash-ph", Currency: php, AmountMinor: 8_000_00})
	done(settlement.CommandFees, fee.Schedule{Version: 1, From: time.Now().Add(10 * time.Minute).Truncate(time.Second), Rules: []fee.Rule{{
		Name: "all", Switch: fx.Tiers{{PPM: 5_000}}, Interchange: fee.Interchange{Payer: fee.Debtor, Tiers: fx.Tiers{{PPM: 2_500}}},
	}}})
	require.NotEmpty(t, s.told(settlement.CommandCreditLine, settlement.CreditLine{Participant: "nobody", Currency: php, AmountMinor: 1}))

	states := map[messaging.State]int64{}
	now := func(moved map[messaging.State]int64) {
		for state, n := range moved {
			if states[state] += n; states[state] == 0 {
				delete(states, state)
			}
		}
		s.awaitStates(states)
	}
	send(s.intent(1), s.intent(2), s.intent(9), s.intent(41)) // one is held, one is returned, one goes gross
	now(map[messaging.State]int64{messaging.StateQueued: 1, messaging.StatePaid: 2, messaging.StateReturned: 1})
	again := s.intent(3)
	again.ID = s.intent(2).ID
	over := s.intent(4)
	over.CreditorParticipant = "nobody"
	send(s.intent(2), again, over)
	require.NotEmpty(t, s.told(settlement.CommandHold, settlement.Hold{Transfer: s.transferOf(s.intent(1).ID), By: "Asha", Reason: "held already"}))
	done(settlement.CommandRelease, settlement.Verdict{Transfer: s.transferOf(s.intent(1).ID), AskedBy: "Asha", ApprovedBy: "Ben", Reason: "another person"})
	now(map[messaging.State]int64{messaging.StateQueued: -1, messaging.StatePaid: 1, messaging.StateRejected: 1})
	held, recalled := s.intent(5), s.intent(6)
	held.Creditor.Account, recalled.Creditor.Account = s.intent(1).Creditor.Account, s.intent(1).Creditor.Account
	send(held, recalled)
	now(map[messaging.State]int64{messaging.StateQueued: 2})
	done(settlement.CommandRefuse, settlement.Verdict{Transfer: s.transferOf(held.ID), AskedBy: "Asha", ApprovedBy: "Ben", Reason: "the person"})
	require.NoError(t, s.clients["mpesa-ke"].PublishRecalls(t.Context(), []messaging.Recall{{Intent: recalled.ID, Reason: "CUST"}, {Intent: "unheard-of", Reason: "CUST"}}))
	now(map[messaging.State]int64{messaging.StateQueued: -2, messaging.StateExpired: 2})
	done(settlement.CommandCloseWindow, settlement.CloseWindow{Reason: "midday"})
	stop()

	s.ahead = 20 * time.Minute // the fees are in force by now
	stop = s.lead("second", screen)
	send(s.intent(11), s.intent(12), s.intent(13)) // the last is returned
	now(map[messaging.State]int64{messaging.StatePaid: 2, messaging.StateReturned: 1})
	next := newSigner(t)
	s.sendSigned(next, "early", s.intent(14))
	s.sendRaw(next, "unread", `{"version":2,"participant":"mpesa-ke","intents":[{"id":"a1","town":"Kisumu"},{"town":"Kisumu"}]}`)
	done(settlement.CommandRotateKey, settlement.RotateKey{Participant: "mpesa-ke", SigningKey: next.PublicKey()})
	s.awaitDead(3)
	letters, err := s.books.ListLetters(t.Context(), 10)
	require.NoError(t, err)
	for _, l := range letters {
		s.told(settlement.CommandReplayLetter, settlement.ReplayLetter{Participant: l.Participant, Sequence: l.Sequence, Place: l.Place, Asker: "Asha", Reason: "the key is there"})
	}
	now(map[messaging.State]int64{messaging.StatePaid: 1, messaging.StateRejected: 1})
	for i := range 2 { // of whom more is said than was known then
		located := s.intent(15)
		party := []*messaging.Party{&located.Creditor, &located.Debtor}[i]
		party.Country, party.Town = "KE", "Kisumu"
		s.sendSigned(next, fmt.Sprint("located", i), located)
	}
	s.awaitDead(4) // the second is another text under the first one's id
	now(map[messaging.State]int64{messaging.StatePaid: 1})
	done(settlement.CommandWithdraw, settlement.Withdraw{Participant: "gcash-ph", Currency: php, AmountMinor: 100_00, Account: settlement.StandingCollateral})
	done(settlement.CommandSuspend, settlement.Suspend{Participant: "gcash-ph", Suspended: true})
	s.sendSigned(next, "suspended", s.intent(16))
	now(map[messaging.State]int64{messaging.StateRejected: 1})
	done(settlement.CommandSuspend, settlement.Suspend{Participant: "gcash-ph"})
	done(settlement.CommandSettlementMethod, settlement.SettlementMethod{Participant: "gcash-ph", Method: settlement.MethodInstructed})
	done(settlement.CommandCloseWindow, settlement.CloseWindow{Reason: "evening"})
	stop()
	rest()
	for range names {
		require.ErrorIs(t, <-paid, context.Canceled)
	}
	batches, err := engine.Replay(t.Context(), s.books)
	require.NoError(t, err)
	require.Greater(t, batches, 20)

	var file bytes.Buffer
	packed, err := gzip.NewWriterLevel(&file, gzip.BestCompression)
	require.NoError(t, err)
	s.write(packed)
	require.NoError(t, packed.Close())
	require.NoError(t, os.MkdirAll("testdata/frozen", 0o755))
	require.NoError(t, os.WriteFile("testdata/frozen/"+decide.Rules+".gz", file.Bytes(), 0o600))
	s.export(unused("../audit/verify/testdata/frozen-%d"))
}

// unused is the first name in a row that nothing has.
func unused(row string) string {
	for n := 1; ; n++ {
		name := fmt.Sprintf(row, n)
		if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
			return name
		}
	}
}

// export writes the scene's log as an auditor gets it.
func (s *scene) export(dir string) {
	folder, err := audit.OpenFolder(dir, s.logKey)
	require.NoError(s.t, err)
	newest := ""
	require.NoError(s.t, s.books.Log(s.t.Context(), 0, func(b store.LoggedBatch) error {
		if newest != "" {
			require.NoError(s.t, folder.Keep(newest))
		}
		newest = b.Note
		for _, e := range b.Entries {
			require.NoError(s.t, folder.Append(e.Index, e.Body))
		}
		for _, body := range b.Blobs {
			_, err := folder.Blob(body)
			require.NoError(s.t, err)
		}
		return nil
	}))
	require.NoError(s.t, folder.Commit(newest))
	require.NoError(s.t, folder.Close())
}

// sendRaw publishes bytes signed with any key.
func (s *scene) sendRaw(with *messaging.Signer, id, payload string) {
	open, _ := messaging.Open([]byte(payload))
	signature, err := with.Sign(messaging.PayloadIntent, open)
	require.NoError(s.t, err)
	require.NoError(s.t, s.clients["mpesa-ke"].Send(s.t.Context(), messaging.Message{
		Kind: messaging.PayloadIntent, ID: id, Payload: []byte(payload), Signature: signature,
	}))
}

// awaitDead waits until so many messages were buried.
func (s *scene) awaitDead(n int64) {
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	for {
		dead, err := s.books.DeadLetters(ctx)
		require.NoError(s.t, err)
		if dead >= n {
			return
		}
		select {
		case <-s.notices: // something happened: look again
		case <-ctx.Done():
			require.Equal(s.t, n, dead)
		}
	}
}
