package charter_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/charter/chartertest"
)

// aYear is what a chama's books might show.
func aYear() charter.Facts {
	return charter.Facts{
		Members: 12, Pools: 1, Left: 1, Contributions: 144, Late: 9, Rounds: 12, Receivers: 12,
		Decisions: map[charter.Kind]charter.Turnout{
			charter.Payout: {Ended: 30, Passed: 28, Permille: 600}, charter.RuleChange: {Ended: 2, Passed: 1, Permille: 900},
		},
		Proposers: 8, Holders: map[string]int{"auditor": 1, "mediator": 2}, Audits: 4,
		Sanctions: map[charter.Measure]int{charter.Reminder: 9, charter.Mediation: 2, charter.Suspension: 1},
		Healed:    1, Appeals: 1, Upheld: 1, Federations: 1, Pledges: 2,
	}
}

func report(principles []charter.Principle) []byte {
	var out bytes.Buffer
	for _, p := range principles {
		fmt.Fprintf(&out, "%d. %s\n", p.Number, p.Name)
		for _, part := range []struct {
			mark  string
			texts []charter.Text
		}{{"rule", p.Rules}, {"data", p.Data}, {"gap ", p.Gaps}} {
			for _, text := range part.texts {
				fmt.Fprintf(&out, "   %s  %s\n", part.mark, text)
			}
		}
	}
	return out.Bytes()
}

func TestOstromOfAChama(t *testing.T) {
	golden(t, "ostrom-chama.txt", report(charter.Ostrom(chama(t), aYear())))
}

func TestOstromFindsGaps(t *testing.T) {
	bare := &charter.Charter{
		Funds: []charter.Fund{{Name: "pot"}}, Roles: []charter.Role{{Name: "auditor"}, {Name: "mediator", Seats: 2}},
		Decisions: []charter.Decision{
			{Kind: charter.Admission, Propose: []string{"auditor"}, Tiers: []charter.Tier{{Method: charter.Majority, Vote: []string{"auditor"}}}},
			{Kind: charter.RuleChange, Propose: []string{"auditor"}, Tiers: []charter.Tier{{Method: charter.Majority, Vote: []string{"auditor"}}}},
		},
		Appeal: charter.Appeal{Panel: 7, Hours: 1},
	}
	golden(t, "ostrom-gaps.txt", report(charter.Ostrom(bare, charter.Facts{
		Members: 11, Contributions: 100, Late: 26, Sanctions: map[charter.Measure]int{charter.Exclusion: 3},
		Decisions: map[charter.Kind]charter.Turnout{charter.Payout: {Ended: 8, Permille: 332}},
	})))
	golden(t, "ostrom-nothing.txt", report(charter.Ostrom(&charter.Charter{Sanctions: []charter.Step{{Measure: charter.Exclusion}}}, charter.Facts{})))
}

var verb = regexp.MustCompile(`%\[(\d)\]s`)

// Every sentence has its words, whatever the pool.
func TestOstromIsSaidInWords(t *testing.T) {
	messages := charter.Messages()
	said := map[string]bool{}
	rapid.Check(t, func(t *rapid.T) {
		c := chartertest.Charters().Draw(t, "charter")
		number := rapid.IntRange(0, 40)
		facts := charter.Facts{
			Members: number.Draw(t, "members"), Contributions: number.Draw(t, "contributions"), Late: number.Draw(t, "late"),
			Decisions: map[charter.Kind]charter.Turnout{charter.Loan: {Ended: number.Draw(t, "ended"), Permille: 25 * number.Draw(t, "permille")}},
			Proposers: number.Draw(t, "proposers"), Federations: number.Draw(t, "federations"),
		}
		all := charter.Ostrom(c, facts)
		require.Len(t, all, 8)
		for i, p := range all {
			require.Equal(t, i+1, p.Number)
			require.NotEmpty(t, p.Data)
			for _, text := range slices.Concat([]charter.Text{p.Name}, p.Rules, p.Data, p.Gaps) {
				message, ok := messages[text.Key]
				require.True(t, ok, text.Key)
				require.Len(t, verb.FindAllString(message, -1), len(text.Args), text.Key)
				require.NotContains(t, text.String(), "%!")
				said[text.Key] = true
			}
		}
		require.Equal(t, all, charter.Ostrom(c, facts), "the same again")
	})
	source, err := os.ReadFile("principles.go")
	require.NoError(t, err)
	for key := range messages {
		assert.True(t, said[key] || strings.Contains(string(source), `"`+key+`"`), "%s is never said", key)
	}
	assert.Equal(t, "no.such", charter.Text{Key: "no.such"}.String())
	assert.Equal(t, "b a", charter.Text{Key: "k", Args: []string{"a", "b"}}.In(map[string]string{"k": "%[2]s %[1]s"}))
}

// No template is left with a gap that its own rules could close.
func TestTemplatesAnswerOstrom(t *testing.T) {
	for _, name := range charter.Templates() {
		c, err := charter.Template(name, founding())
		require.NoError(t, err)
		golden(t, filepath.Join("ostrom", name+".txt"), report(charter.Ostrom(c, charter.Facts{})))
	}
}
