package board

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// geohash is the public algorithm: halve the earth in turn, by longitude first.
func geohash(lat, lon float64, length int) string {
	lats, lons := [2]float64{-90, 90}, [2]float64{-180, 180}
	cell, column := "", true
	for range length {
		digit := 0
		for range 5 {
			at, side := lat, &lats
			if column {
				at, side = lon, &lons
			}
			middle, bit := (side[0]+side[1])/2, 0
			if at >= middle {
				bit, side[0] = 1, middle
			} else {
				side[1] = middle
			}
			digit, column = digit<<1|bit, !column
		}
		cell += string("0123456789bcdefghjkmnpqrstuvwxyz"[digit])
	}
	return cell
}

func TestGeohashOfKnownPlaces(t *testing.T) {
	require.Equal(t, "u4pruyd", geohash(57.64911, 10.40744, 7)) // the example of geohash's inventor
	require.Equal(t, "ezs42", geohash(42.605, -5.603, 5))
}

// Points less than a cell apart are near, whatever border runs between them; those over two apart are not.
func TestNearIsADistance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, MaxCell).Draw(t, "n")
		width, height := 360/math.Exp2(float64((5*n+1)/2)), 180/math.Exp2(float64(5*n/2))
		lat, lon := rapid.Float64Range(-89, 89).Draw(t, "lat"), rapid.Float64Range(-180, 179.9999).Draw(t, "lon")
		east, north := rapid.Float64Range(-4, 4).Draw(t, "east"), rapid.Float64Range(-4, 4).Draw(t, "north")
		lat2, lon2 := lat+north*height, math.Mod(lon+east*width+540, 360)-180
		if lat2 < -90 || lat2 >= 90 {
			t.Skip("past a pole")
		}
		a, b := geohash(lat, lon, n), geohash(lat2, lon2, n)
		require.Equal(t, near(a, b), near(b, a))
		require.Equal(t, n, near(a, a))
		if math.Abs(east) < 1 && math.Abs(north) < 1 {
			require.Equal(t, n, near(a, b))
		}
		cells := math.Exp2(float64((5*n + 1) / 2))
		if math.Abs(north) > 2 || math.Abs(east) > 2 && cells-math.Abs(east) > 2 {
			require.Less(t, near(a, b), n)
		}
	})
}

func TestNearAcrossBorders(t *testing.T) {
	for name, c := range map[string]struct {
		lat, lon, lat2, lon2 float64
		least                int
	}{
		"Greenwich":     {51.48, -0.001, 51.48, 0.001, 6},
		"the equator":   {-0.001, 32.44, 0.001, 32.44, 6},
		"the date line": {-17, 179.999, -17, -179.999, 6},
		"a town":        {-1.286, 36.817, -1.312, 36.789, 5},
		"a country":     {-1.286, 36.817, -4.043, 39.668, 2},
	} {
		t.Run(name, func(t *testing.T) {
			assert.GreaterOrEqual(t, near(geohash(c.lat, c.lon, MaxCell), geohash(c.lat2, c.lon2, MaxCell)), c.least)
		})
	}
	assert.Zero(t, near(geohash(-1.286, 36.817, MaxCell), geohash(40.7, -74, MaxCell)))
}

func TestPlacesAreSeenByWhomTheyAreShownTo(t *testing.T) {
	for shown, sees := range map[Shown][]Shown{Nobody: nil, Members: {Members}, Public: {Members, Public}} {
		p := posting("need", "amina", Need, 1)
		p.Place = Place{Cell: "kzf0tv", Area: "Kibera", Shown: shown}
		for _, by := range []Shown{Members, Public} {
			want := p
			if !slices.Contains(sees, by) {
				want.Place = Place{}
			}
			assert.Equal(t, want, p.Seen(by), "%s by %s", shown, by)
		}
	}
}

// A place that members may not see changes nothing in what is suggested, so that nothing can be told from it.
func TestAHiddenPlaceHasNoWeight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t, 20, 5)
		for i := range in.Postings {
			if in.Postings[i].Place.Shown == Nobody {
				in.Postings[i].Place = Place{}
			}
		}
		want := suggest(t, in)
		for i := range in.Postings {
			if in.Postings[i].Place == (Place{}) {
				in.Postings[i].Place = Place{Cell: rapid.SampledFrom([]string{"kzf0tv", "w", "9q8yy"}).Draw(t, "cell"), Shown: Nobody}
			}
		}
		require.Equal(t, want, suggest(t, in))
	})
}

func TestCategoriesAreATable(t *testing.T) {
	known := map[Category]bool{}
	for _, c := range Categories() {
		assert.False(t, known[c], c)
		assert.True(t, isID(string(c)))
		assert.NotEmpty(t, c.Text())
		known[c] = true
		for _, other := range Categories() {
			assert.Equal(t, fit(c, other), fit(other, c))
		}
		assert.EqualValues(t, best, fit(c, c))
	}
	assert.EqualValues(t, best/2, fit("food", "meals"))
	assert.Zero(t, fit("food", "money"))
	assert.Empty(t, Category("nothing").Text())
	for _, u := range Units() {
		assert.True(t, u.Known())
	}
}
