package witness

import (
	"crypto/ed25519"
	"encoding/binary"
	"fmt"
	"math/rand"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/settlement/audit"
)

func cosigner(t require.TestingT, i int) audit.Cosigner {
	seed := make([]byte, ed25519.SeedSize)
	seed[0], seed[1] = byte(i), byte(i>>8)
	c, err := audit.NewCosigner(fmt.Sprintf("w%d.example", i), ed25519.NewKeyFromSeed(seed))
	require.NoError(t, err)
	return c
}

// cosign adds the cosignatures of some cosigners to a signed note.
func cosign(t require.TestingT, signed string, at time.Time, by ...int) string {
	text, _, _ := strings.Cut(signed, "\n\n")
	for _, i := range by {
		line, err := note.Sign(&note.Note{Text: text + "\n"}, cosigner(t, i).At(at))
		require.NoError(t, err)
		signed += string(line[len(text)+2:])
	}
	return signed
}

// theExample is the example of C2SP tlog-policy, with keys.
func theExample(t require.TestingT, w world) string {
	text := `# people, two of three
log KEY0 https://log.example/
witness X1 KEY1
 witness	X2 KEY2   https://x2.example/prefix

witness X3 KEY3
group X-witnesses 2 X1 X2 X3

witness Y1 KEY4
witness Y2 KEY5
witness Y3 KEY6
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
`
	text = strings.Replace(text, "KEY0", w.vkey, 1)
	for i := 1; i <= 6; i++ {
		text = strings.Replace(text, fmt.Sprintf("KEY%d", i), cosigner(t, i).Key().String(), 1)
	}
	return text
}

func TestTheSpecificationsExample(t *testing.T) {
	h := (&history{world: newWorld(t)}).grow(t, 3, "")
	p, err := ParsePolicy(theExample(t, h.world))
	require.NoError(t, err)
	now := time.Unix(1_700_000_000, 0)
	for _, c := range []struct {
		by   []int
		good bool
	}{
		{nil, false},
		{[]int{1, 2}, false},
		{[]int{4, 5, 6}, false},
		{[]int{1, 4}, false},
		{[]int{1, 3, 6}, true},
		{[]int{1, 1, 4}, false},
		{[]int{1, 2, 3, 4, 5, 6}, true},
		{[]int{1, 2, 9}, false},
		{[]int{9, 1, 2, 4}, true},
	} {
		witnessed, err := p.Satisfied(cosign(t, h.at(t, 3), now, c.by...), now)
		if c.good {
			require.NoError(t, err, "%v", c.by)
			require.EqualValues(t, 3, witnessed.Size)
			continue
		}
		var unsatisfied *UnsatisfiedError
		require.ErrorAs(t, err, &unsatisfied, "%v", c.by)
	}
	again, err := ParsePolicy(p.String())
	require.NoError(t, err)
	require.Equal(t, p.String(), again.String())
	require.Contains(t, p.String(), "witness X2 "+cosigner(t, 2).Key().String()+" https://x2.example/prefix\n")
}

// Groups of public policies (transparency-dev/formats), by their keys of type 0x04.
func TestAPublicPolicy(t *testing.T) {
	p, err := ParsePolicy(`
witness w1 witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv https://witness.stagemole.eu/
witness   w4 remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2 https://example.com/remora
	# comment
group	g1 2 w4 w1
		 quorum g1
`)
	require.NoError(t, err)
	require.Contains(t, p.String(), "group g1 all w1 w4\n")
	_, err = p.Satisfied("example.com/none\n1\n", time.Now())
	require.Equal(t, FaultUnknown, fault(t, err))
}

func TestCosignaturesThatDoNotCount(t *testing.T) {
	h := (&history{world: newWorld(t)}).grow(t, 3, "")
	p, err := ParsePolicy(fmt.Sprintf("log %s\nwitness a %s\nquorum a\n", h.vkey, cosigner(t, 1).Key()))
	require.NoError(t, err)
	now := time.Unix(1_700_000_000, 0)

	var unsatisfied *UnsatisfiedError
	_, err = p.Satisfied(cosign(t, h.at(t, 3), now.Add(MaxAhead+time.Second), 1), now)
	require.ErrorAs(t, err, &unsatisfied)
	require.Equal(t, []string{"a"}, unsatisfied.Ahead)
	witnessed, err := p.Satisfied(cosign(t, h.at(t, 3), now.Add(MaxAhead), 1, 1, 2), now)
	require.NoError(t, err)
	require.Len(t, witnessed.By, 1)
	require.Equal(t, now.Add(MaxAhead).UTC(), witnessed.By[0].At)

	good := cosign(t, h.at(t, 3), now, 1)
	_, err = p.Satisfied(cosign(t, h.at(t, 2), now)+good[strings.LastIndex(good, "— "):], now)
	require.Equal(t, FaultUnsigned, fault(t, err), "a cosignature of another checkpoint")
	text, _, _ := strings.Cut(good, "\n\n")
	_, err = p.Satisfied(text+"\n\n"+good[strings.LastIndex(good, "— "):], now)
	require.Equal(t, FaultUnsigned, fault(t, err), "without the log's own signature")
}

func TestPoliciesThatAreNone(t *testing.T) {
	w := newWorld(t)
	example := theExample(t, w)
	key := func(i int) string { return cosigner(t, i).Key().String() }
	asLog, err := note.NewEd25519VerifierKey("w1.example", cosigner(t, 1).Key().Public())
	require.NoError(t, err)
	renamed, err := audit.NewCosignerKey("other", cosigner(t, 1).Key().Public())
	require.NoError(t, err)
	for name, text := range map[string]string{
		"empty":                   "",
		"no quorum":               "witness a " + key(1) + "\n",
		"two quorums":             example + "quorum X1\n",
		"a quorum of nobody":      "quorum a\n",
		"a quorum of two":         "witness a " + key(1) + "\nwitness b " + key(2) + "\nquorum a b\n",
		"a quorum before":         "quorum a\nwitness a " + key(1) + "\n",
		"an end without line end": strings.TrimSuffix(example, "\n"),
		"carriage returns":        strings.ReplaceAll(example, "\n", "\r\n"),
		"another word":            example + "member a\n",
		"a log's key as witness":  "witness a " + w.vkey + "\nquorum a\n",
		"a witness's key as log":  "log " + key(1) + "\nquorum none\n",
		"a log twice":             "log " + w.vkey + "\nlog " + w.vkey + "\nquorum none\n",
		"a key twice":             "witness a " + key(1) + "\nwitness b " + key(1) + "\nquorum none\n",
		"a key by two names":      "witness a " + key(1) + "\nwitness b " + renamed.String() + "\nquorum none\n",
		"a log that witnesses":    "log " + asLog + "\nwitness a " + key(1) + "\nquorum a\n",
		"a name twice":            "witness a " + key(1) + "\nwitness a " + key(2) + "\nquorum a\n",
		"a name of a group":       "witness a " + key(1) + "\ngroup a all a\nquorum a\n",
		"the name none":           "witness none " + key(1) + "\nquorum none\n",
		"none as a member":        "group g all none\nquorum g\n",
		"a group of nobody":       "group g all\nquorum g\n",
		"a group of itself":       "group g all g\nquorum g\n",
		"a member twice":          "witness a " + key(1) + "\ngroup g 2 a a\nquorum g\n",
		"a member of two groups":  "witness a " + key(1) + "\ngroup g all a\ngroup h all a\nquorum g\n",
		"more than all":           "witness a " + key(1) + "\ngroup g 2 a\nquorum g\n",
		"fewer than one":          "witness a " + key(1) + "\ngroup g 0 a\nquorum g\n",
		"a number with a zero":    "witness a " + key(1) + "\ngroup g 01 a\nquorum g\n",
		"a URL of a file":         "witness a " + key(1) + " file:///etc/passwd\nquorum a\n",
		"a URL with a password":   "witness a " + key(1) + " https://a:b@w.example/\nquorum a\n",
		"a URL with a query":      "witness a " + key(1) + " https://w.example/?a=b\nquorum a\n",
		"a long name":             "witness " + strings.Repeat("a", MaxNameBytes+1) + " " + key(1) + "\nquorum none\n",
		"a long text":             strings.Repeat("#\n", MaxPolicyBytes) + "quorum none\n",
		"too many groups":         "witness a " + key(1) + "\ngroup g0 all a\n" + chain(MaxGroups+1) + "quorum a\n",
	} {
		_, err := ParsePolicy(text)
		var wrong *PolicyError
		require.ErrorAs(t, err, &wrong, name)
		require.Less(t, len(err.Error()), 500)
	}
	deep, err := ParsePolicy("witness a " + key(1) + "\ngroup g0 all a\n" + chain(MaxGroups) + fmt.Sprintf("quorum g%d\n", MaxGroups-1))
	require.NoError(t, err)
	require.True(t, deep.met(map[string]bool{"a": true}))
}

// Two keys of one name whose ids, of 32 bits, are the same: which of them signed a line could not be told.
func TestTwoKeysOfOneID(t *testing.T) {
	text := ""
	for _, number := range []uint32{88939, 106782} {
		seed := binary.BigEndian.AppendUint32(nil, number)
		c, err := audit.NewCosigner("w", ed25519.NewKeyFromSeed(append(seed, make([]byte, 28)...)))
		require.NoError(t, err)
		require.EqualValues(t, 0x674c4489, c.Key().KeyHash())
		text += fmt.Sprintf("witness w%d %s\n", number, c.Key())
	}
	var wrong *PolicyError
	_, err := ParsePolicy(text + "quorum none\n")
	require.ErrorAs(t, err, &wrong)
	require.Equal(t, 2, wrong.Line)
}

// chain is groups of groups, from g1 on.
func chain(n int) string {
	var b strings.Builder
	for i := 1; i < n; i++ {
		fmt.Fprintf(&b, "group g%d all g%d\n", i, i-1)
	}
	return b.String()
}

// n of m: satisfied by n different witnesses of the m, and by no fewer, whatever order lines and members stand in.
func TestNOfM(t *testing.T) {
	h := (&history{world: newWorld(t)}).grow(t, 3, "")
	now := time.Unix(1_700_000_000, 0)
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.IntRange(1, 8).Draw(t, "m")
		n := rapid.IntRange(1, m).Draw(t, "n")
		var lines, names []string
		for i := range m {
			lines = append(lines, fmt.Sprintf("witness n%d %s\n", i, cosigner(t, i).Key()))
			names = append(names, fmt.Sprintf("n%d", i))
		}
		text := func() string {
			order := rand.New(rand.NewSource(rapid.Int64().Draw(t, "order")))
			order.Shuffle(m, func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
			order.Shuffle(m, func(i, j int) { names[i], names[j] = names[j], names[i] })
			return "log " + h.vkey + "\n" + strings.Join(lines, "") + fmt.Sprintf("group g %d %s\nquorum g\n", n, strings.Join(names, " "))
		}
		p, err := ParsePolicy(text())
		require.NoError(t, err)
		other, err := ParsePolicy(text())
		require.NoError(t, err)
		require.Equal(t, p.String(), other.String())

		by := rapid.SliceOfN(rapid.IntRange(0, 9), 0, 12).Draw(t, "by")
		different := map[int]bool{}
		for _, i := range by {
			if i < m {
				different[i] = true
			}
		}
		witnessed, err := p.Satisfied(cosign(t, h.at(t, 3), now, by...), now)
		require.Equal(t, len(different) >= n, err == nil)
		require.Len(t, witnessed.By, len(different))
	})
}

func FuzzPolicy(f *testing.F) {
	f.Add(theExample(f, newWorld(f)))
	f.Add("quorum none\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePolicy(text)
		if err != nil {
			return
		}
		again, err := ParsePolicy(p.String())
		require.NoError(t, err)
		require.Equal(t, p.String(), again.String())
	})
}
