package trace

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const sound = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func TestATraceparentIsReadToTheByteOrNotAtAll(t *testing.T) {
	require.Equal(t, sound, Parse(sound).String())
	require.Equal(t, sound, Parse(strings.TrimSuffix(sound, "01")+"03").String(), "other flags are nobody's")
	for name, text := range map[string]string{
		"nothing":        "",
		"another form":   "01" + sound[2:],
		"version ff":     "ff" + sound[2:],
		"capitals":       strings.ToUpper(sound),
		"not recorded":   strings.TrimSuffix(sound, "01") + "00",
		"no trace":       "00-" + strings.Repeat("0", 32) + "-b7ad6b7169203331-01",
		"no span":        "00-0af7651916cd43dd8448eb211c80319c-" + strings.Repeat("0", 16) + "-01",
		"longer":         sound + "-00",
		"a space":        " " + sound[1:],
		"no hyphen":      strings.Replace(sound, "-b7", "0b7", 1),
		"a line":         sound + "\n",
		"not digits":     strings.Replace(sound, "0af", "0ag", 1),
		"an early digit": strings.Replace(sound, "0af", "0a/", 1),
	} {
		require.Truef(t, Parse(text).IsZero(), "%s: %q", name, text)
	}
}

func TestEveryContextComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c Context
		copy(c.Trace[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "trace"))
		copy(c.Span[:], rapid.SliceOfN(rapid.Byte(), 8, 8).Draw(t, "span"))
		if c.Trace == [16]byte{} || c.Span == [8]byte{} {
			t.Skip("none")
		}
		require.Equal(t, c, Parse(c.String()))
	})
}

func TestATransfersTraceIsItsOwn(t *testing.T) {
	c := Of("mpesa-ke", "o1")
	require.Equal(t, c, Of("mpesa-ke", "o1"))
	require.Equal(t, c, Parse(c.String()))
	for _, other := range []Context{Of("mpesa-ke", "o2"), Of("gcash-ph", "o1"), Of("mpesa", "-keo1")} {
		require.NotEqual(t, c.Trace, other.Trace)
		require.NotEqual(t, c.Span, other.Span)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sound)
	f.Add("00-" + strings.Repeat("\xff", 52))
	f.Fuzz(func(t *testing.T, text string) {
		if c := Parse(text); !c.IsZero() && c.String()[:53] != text[:53] {
			t.Fatalf("%q was read as %q", text, c)
		}
	})
}

func TestNobodyWhoLooksCostsNothing(t *testing.T) {
	ctx := t.Context()
	require.Zero(t, testing.AllocsPerRun(100, func() { off(ctx) }))
}

func BenchmarkNobodyLooks(b *testing.B) {
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		off(ctx)
	}
}

func off(ctx context.Context) {
	ctx = With(ctx, Parse(""))
	head := Begin(ctx, nil, "order", "mpesa-ke", "o1")
	ctx, span := Follow(ctx, nil, "batch", nil)
	_, below := FollowFirst(ctx, nil, "publish", nil)
	below.Number("n", 1).End(nil)
	span.Text("participant", "mpesa-ke").End(nil)
	head.End(nil)
}

// picker records names of spans, and what each follows.
type picker struct{ started []string }

func (p *picker) Picks(intent string) bool { return intent == "picked" }

func (p *picker) Begin(ctx context.Context, name string, head Context) (context.Context, Recording) {
	p.started = append(p.started, name)
	return With(ctx, head), nothing(0)
}

func (p *picker) Start(ctx context.Context, name string, links []Context) (context.Context, Recording) {
	p.started = append(p.started, name)
	c := From(ctx)
	if c.IsZero() {
		c.Trace[0] = byte(len(p.started))
	}
	c.Span[0] = byte(len(p.started))
	return With(ctx, c), nothing(len(links))
}

type nothing int

func (nothing) Text(string, string)  {}
func (nothing) Number(string, int64) {}
func (nothing) End(error)            {}

func TestOnlyWhatIsFollowedIsTraced(t *testing.T) {
	p := &picker{}
	ctx := t.Context()
	Begin(ctx, p, "order", "mpesa-ke", "other").End(nil)
	ctx, _ = Follow(With(ctx, Picked(p, "mpesa-ke", "other")), p, "publish", nil)
	_, _ = FollowFirst(ctx, p, "take", nil)
	require.Empty(t, p.started)

	Begin(ctx, p, "order", "mpesa-ke", "picked").End(nil)
	first := Picked(p, "mpesa-ke", "picked")
	ctx, _ = Follow(With(ctx, first), p, "publish", nil)
	require.Equal(t, first.Trace, From(ctx).Trace)
	many := make([]Context, 2*MaxLinks)
	for i := range many {
		many[i] = first
	}
	_, span := Follow(t.Context(), p, "batch", many)
	require.Equal(t, nothing(MaxLinks), span.recording)
	require.Equal(t, []string{"order", "publish", "batch"}, p.started)
}
