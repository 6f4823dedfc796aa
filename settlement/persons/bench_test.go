package persons_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/settlement/persons"
)

// Two cores of 2026: see README.md for what these printed.

// many are people who are not asked about twice in a row, so that no cache of a processor helps.
func many() []persons.Person {
	people := make([]persons.Person, 1<<16)
	for i := range people {
		people[i] = persons.Person{Participant: "mpesa-ke", Account: fmt.Sprintf("2547%08d", i*7919%100_000_000)}
	}
	return people
}

// BenchmarkKey is one person's key, without and with erased persons.
func BenchmarkKey(b *testing.B) {
	people := many()
	for _, erased := range []int{0, 1000} {
		b.Run(fmt.Sprintf("erased=%d", erased), func(b *testing.B) {
			keys := persons.Generate()
			require.NoError(b, keys.Destroy(paths(b, keys, erased)...))
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				_, err := keys.Key(people[i%len(people)])
				if err != nil {
					b.Fatal(err)
				}
				i++
			}
		})
	}
}

func paths(b *testing.B, keys *persons.Keys, count int) []persons.Path {
	b.Helper()
	paths := make([]persons.Path, count)
	for i := range paths {
		var err error
		paths[i], err = keys.Path(persons.Person{Participant: "erased", Account: fmt.Sprint(i)})
		require.NoError(b, err)
	}
	return paths
}

// line is as long as most closed lines of a debtor are.
const line = `{"name":"Wanjiku wa Kamau","account":"254712345678","address":"Moi Avenue 12","country":"KE","town":"Nairobi","salt":"AAAAAAAAAAAAAAAAAAAAAA"}`

// BenchmarkSealAll is a whole message of 256 intents, two persons each; a line is what it reports.
func BenchmarkSealAll(b *testing.B) {
	keys, people := persons.Generate(), many()
	lines := make([]persons.Line, 512)
	for i := range lines {
		lines[i] = persons.Line{Person: people[i], Text: []byte(line)}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := keys.SealAll(lines); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(lines)), "ns/line")
}

// BenchmarkUnseal is one line.
func BenchmarkUnseal(b *testing.B) {
	keys := persons.Generate()
	sealed, err := keys.Seal(wanjiku, []byte(line))
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := keys.Unseal(sealed); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDestroy is a person made unreadable on the disk, behind others who were.
func BenchmarkDestroy(b *testing.B) {
	for _, erased := range []int{0, 1000, 10_000} {
		b.Run(fmt.Sprintf("erased=%d", erased), func(b *testing.B) {
			store, err := persons.Create(filepath.Join(b.TempDir(), "keys"))
			require.NoError(b, err)
			keys, err := store.Keys()
			require.NoError(b, err)
			require.NoError(b, store.DestroyPaths(paths(b, keys, erased)...))
			i := 0
			for b.Loop() {
				if err := store.Destroy(persons.Person{Participant: "mpesa-ke", Account: fmt.Sprint(i)}); err != nil {
					b.Fatal(err)
				}
				i++
			}
			b.ReportMetric(float64(len(keys.Snapshot()))/1e6, "MB")
		})
	}
}

// BenchmarkAsk is what asking a Store for its keys costs.
func BenchmarkAsk(b *testing.B) {
	store, err := persons.Create(filepath.Join(b.TempDir(), "keys"))
	require.NoError(b, err)
	for b.Loop() {
		if _, err := store.Keys(); err != nil {
			b.Fatal(err)
		}
	}
}
