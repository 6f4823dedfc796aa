package messaging

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What a busy rail sends: names in several scripts, whole addresses, every optional member that is usual.
func busyIntent(n int) Intent {
	return Intent{
		ID: fmt.Sprintf("ke-2026-03-01-%08d", n), CreditorParticipant: "gcash-ph",
		Debtor: Party{
			Name: []string{"Wanjiku Mwangi", "Wanjikũ wa Mwangi", "José María Núñez"}[n%3], Account: fmt.Sprintf("2547%08d", n),
			Address: "Moi Avenue 12, 00100 Nairobi, Kenya",
		},
		Creditor:    Party{Name: "Maria Clara Santos", Account: fmt.Sprintf("639%09d", n)},
		Source:      Amount{Amount: fmt.Sprintf("%d.%02d", 1000+n, n%100), Currency: "KES"},
		Destination: Amount{Amount: fmt.Sprintf("%d.00", 400+n), Currency: "PHP"},
		Quote:       fmt.Sprintf("q-%012d", n%4), Fixed: "destination",
		Deadline: time.Date(2026, 3, 1, 12, n%60, n%60, n*1_000_003%1_000_000_000, time.UTC),
		Purpose:  "FAMI", Reference: "school fees, second term",
	}
}

func busyOutcome(n int) Outcome {
	return Outcome{
		Transfer: fmt.Sprintf("0195-4f3c-%016x", n), Kind: KindPayout, State: OutcomePaid,
		Amount: Amount{Amount: fmt.Sprintf("%d.00", 400+n), Currency: "PHP"}, RailRef: fmt.Sprintf("GC%014d", n),
		RailCode: "ACSC", RailText: "settlement completed", ResolvedBy: "callback",
	}
}

func busyInstruction(n int) Instruction {
	i := busyIntent(n)
	return Instruction{
		Transfer: fmt.Sprintf("0195-4f3c-%016x", n), Kind: KindPayout, Intent: i.ID, Amount: i.Destination,
		Debtor: i.Debtor, Creditor: i.Creditor, Counterparty: "mpesa-ke", Reference: i.Reference,
	}
}

func busyChange(n int) Change {
	return Change{Intent: fmt.Sprintf("ke-2026-03-01-%08d", n), Transfer: fmt.Sprintf("0195-4f3c-%016x", n), State: StateCleared}
}

func busy[T any](n int, one func(int) T) []T {
	items := make([]T, n)
	for i := range items {
		items[i] = one(i)
	}
	return items
}

// perItem runs one operation over n items and reports what one item takes.
func perItem(b *testing.B, n int, operation func() error) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		if err := operation(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/item")
}

func BenchmarkIntents(b *testing.B) {
	intents := busy(MaxIntents, busyIntent)
	payloads, err := EncodeIntents("mpesa-ke", intents, testSalter)
	require.NoError(b, err)
	require.Len(b, payloads, 1)
	b.Run("encode", func(b *testing.B) {
		b.SetBytes(int64(len(payloads[0])))
		perItem(b, len(intents), func() error { _, err := EncodeIntents("mpesa-ke", intents, testSalter); return err })
	})
	b.Run("decode", func(b *testing.B) {
		b.SetBytes(int64(len(payloads[0])))
		perItem(b, len(intents), func() error { _, err := DecodeIntents("mpesa-ke", payloads[0]); return err })
	})
}

// What an auditor reads has no closed lines.
func BenchmarkOpenIntents(b *testing.B) {
	payloads, err := EncodeIntents("mpesa-ke", busy(MaxIntents, busyIntent), testSalter)
	require.NoError(b, err)
	open, _ := Open(payloads[0])
	b.SetBytes(int64(len(open)))
	perItem(b, MaxIntents, func() error { _, _, err := DecodeOpenRequests("mpesa-ke", open); return err })
}

func BenchmarkOutcomes(b *testing.B) {
	outcomes := busy(MaxOutcomes, busyOutcome)
	payloads, err := EncodeOutcomes("gcash-ph", outcomes, testSalter)
	require.NoError(b, err)
	b.Run("encode", func(b *testing.B) {
		perItem(b, len(outcomes), func() error { _, err := EncodeOutcomes("gcash-ph", outcomes, testSalter); return err })
	})
	b.Run("decode", func(b *testing.B) {
		perItem(b, len(outcomes), func() error { _, _, err := DecodeReport("gcash-ph", payloads[0]); return err })
	})
}

func BenchmarkInstructions(b *testing.B) {
	m := PayoutMessage{Participant: "gcash-ph", Batch: 7, LogIndex: 9, Instructions: busy(MaxInstructions, busyInstruction)}
	payloads, err := EncodePayouts(m)
	require.NoError(b, err)
	b.Run("encode", func(b *testing.B) {
		perItem(b, len(m.Instructions), func() error { _, err := EncodePayouts(m); return err })
	})
	b.Run("decode", func(b *testing.B) {
		perItem(b, len(m.Instructions), func() error { _, err := DecodePayout("gcash-ph", payloads[0]); return err })
	})
}

func BenchmarkChanges(b *testing.B) {
	m := StatusMessage{Participant: "mpesa-ke", Batch: 7, LogIndex: 9, Changes: busy(MaxChanges, busyChange)}
	payloads, err := EncodeStatuses(m)
	require.NoError(b, err)
	b.Run("encode", func(b *testing.B) {
		perItem(b, len(m.Changes), func() error { _, err := EncodeStatuses(m); return err })
	})
	b.Run("decode", func(b *testing.B) {
		perItem(b, len(m.Changes), func() error { _, err := DecodeStatus("mpesa-ke", payloads[0]); return err })
	})
}

// Signing hashes an envelope twice and verifying hashes it once, by the algorithm: SHA-512 is the floor.
func BenchmarkEnvelopes(b *testing.B) {
	payloads, err := EncodeIntents("mpesa-ke", busy(MaxIntents, busyIntent), testSalter)
	require.NoError(b, err)
	seed, err := NewSeed()
	require.NoError(b, err)
	signer, err := NewSigner(seed)
	require.NoError(b, err)
	open, _ := Open(payloads[0])
	signature, err := signer.Sign(PayloadIntent, open)
	require.NoError(b, err)
	verifier, err := NewVerifier(signer.PublicKey())
	require.NoError(b, err)
	b.Run("sign", func(b *testing.B) {
		perItem(b, MaxIntents, func() error { _, err := signer.Sign(PayloadIntent, open); return err })
	})
	b.Run("verify", func(b *testing.B) {
		perItem(b, MaxIntents, func() error { return verifier.Verify(PayloadIntent, open, signature) })
	})
	b.Run("hash", func(b *testing.B) {
		perItem(b, MaxIntents, func() error { _ = MessageHash(payloads[0], signature); return nil })
	})
}
