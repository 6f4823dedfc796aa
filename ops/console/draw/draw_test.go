package draw_test

import (
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/ops/console/draw"
)

var update = flag.Bool("update", false, "write the pictures of testdata anew")

func about(title string) draw.About {
	return draw.About{ID: "p", Title: title, Desc: "What it shows, in words."}
}

// pictures are one of each kind, as pages draw them.
func pictures() map[string]string {
	sankey := draw.Sankey{
		About: about("Gross to net in KES"), Width: 640, Height: 240, Columns: []string{"Owed gross", "Netting", "To be brought"},
		Nodes: []draw.Node{
			{Column: 0, Name: "mpesa-ke", Note: "900.00", Tone: draw.Main}, {Column: 0, Name: "chama-nairobi", Note: "350.00", Tone: draw.Main},
			{Column: 1, Name: "KES", Note: "1,250.00", Tone: draw.Third},
			{Column: 2, Name: "Set off", Note: "1,000.00", Tone: draw.Faint}, {Column: 2, Name: "mpesa-ke", Note: "250.00", Tone: draw.Second},
		},
		Links: []draw.Link{
			{From: 0, To: 2, Value: 90_000, Note: "900.00"}, {From: 1, To: 2, Value: 35_000, Note: "350.00"},
			{From: 2, To: 3, Value: 100_000, Note: "1,000.00"}, {From: 2, To: 4, Value: 25_000, Note: "250.00"},
		},
	}
	arcs := draw.Arcs{
		About: about("Who aids whom"), Width: 640,
		Stops: []draw.Stop{{Name: "chama-nairobi", Note: "3 members"}, {Name: "group-manila", Note: "shows pledges"}, {Name: "diaspora-london"}},
		Arcs: []draw.Arc{
			{From: 0, To: 1, Note: "3,000.00 KES", Hint: "chama-nairobi to group-manila: 3,000.00 KES paid"}, {From: 2, To: 1, Note: "32.00 GBP", Hint: "diaspora-london to group-manila: 32.00 GBP pledged", Stroke: draw.Dashed},
			{From: 2, To: 0, Note: "saves", Hint: "diaspora-london saves with chama-nairobi", Stroke: draw.Dotted, Headless: true},
		},
	}
	return map[string]string{
		"arcs":   arcs.SVG(),
		"sankey": sankey.SVG(),
		"climb": draw.Climb{
			About: about("From entry 5 to the root"), Leaf: draw.Spot{Name: "entry 5", Hash: "1uA65CuH"}, Root: draw.Spot{Name: "root of 6", Hash: "yVYUxOB+"},
			Rungs: []draw.Rung{{Left: true, Beside: "aaaaaaaa", Becomes: "bbbbbbbb"}, {Left: true, Beside: "cccccccc", Becomes: "yVYUxOB+"}},
		}.SVG(),
		"cap": draw.Cap{About: about("Used"), Width: 104, Used: 86, Most: 100, MarkBP: 8_000}.SVG(),
	}
}

func TestPicturesAreAsTheyWere(t *testing.T) {
	for name, picture := range pictures() {
		file := filepath.Join("testdata", name+".svg")
		if *update {
			require.NoError(t, os.WriteFile(file, []byte(picture+"\n"), 0o600))
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NotContains(t, picture, "%!", "a format that lacks its value")
		require.Equal(t, string(want), picture+"\n", "%s; -update where it is meant to be another", name)
	}
}

// wellFormed reads a picture as XML, and wants its title.
func wellFormed(t interface {
	require.TestingT
	Helper()
}, picture string) {
	t.Helper()
	titles := 0
	for decoder := xml.NewDecoder(strings.NewReader(picture)); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err, picture)
		if start, is := token.(xml.StartElement); is && start.Name.Local == "title" {
			titles++
		}
	}
	require.Positive(t, titles)
	require.NotContains(t, picture, "style=", "pages allow no inline style")
}

// Whatever the numbers and names, a picture is well formed and the same twice.
func TestAnythingIsDrawn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfN(rapid.String(), 2, 6).Draw(t, "names")
		value := rapid.OneOf(rapid.Int64(), rapid.Int64Range(0, 1_000))
		values := rapid.SliceOfN(value, len(names), len(names)).Draw(t, "values")
		width := rapid.IntRange(60, 1_000).Draw(t, "width")
		sankey := draw.Sankey{About: draw.About{ID: "a", Title: names[0], Desc: names[1]}, Width: width, Height: 200, Columns: []string{"from", "to"}}
		for i, name := range names {
			sankey.Nodes = append(sankey.Nodes, draw.Node{Column: i % 2, Name: name, Note: name, Tone: draw.Main})
			if i%2 == 1 {
				sankey.Links = append(sankey.Links, draw.Link{From: i - 1, To: i, Value: max(0, values[i]/int64(len(names))), Note: name})
			}
		}
		used := draw.Cap{About: sankey.About, Width: width, Used: values[0], Most: values[1], MarkBP: 8_000}
		arcs := draw.Arcs{About: sankey.About, Width: width}
		for i, name := range names {
			arcs.Stops = append(arcs.Stops, draw.Stop{Name: name, Note: name})
			arcs.Arcs = append(arcs.Arcs, draw.Arc{From: i, To: (i * 2) % len(names), Note: name, Hint: name, Stroke: draw.Stroke(i % 3)})
		}
		for _, picture := range []interface{ SVG() string }{sankey, used, arcs} {
			first := picture.SVG()
			wellFormed(t, first)
			require.Equal(t, first, picture.SVG())
		}
	})
}
