package qrph

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
)

// bitwise is the checksum by its definition, bit after bit, as the reference for the table.
func bitwise(text string) uint16 {
	register := uint32(0xFFFF)
	for i := range len(text) {
		for bit := 7; bit >= 0; bit-- {
			in := uint32(text[i]) >> bit & 1
			out := register >> 15 & 1
			register = register << 1 & 0xFFFF
			if in != out {
				register ^= 1<<12 | 1<<5 | 1
			}
		}
	}
	return uint16(register)
}

func TestChecksum(t *testing.T) {
	assert.Equal(t, uint16(0x29B1), bitwise("123456789"), "the check value of CRC-16/CCITT-FALSE")
	assert.Equal(t, uint16(0x29B1), checksum("123456789"))
	assert.Equal(t, uint16(0xFFFF), checksum(""))
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		assert.Equal(t, bitwise(text), checksum(text))
	})
}

// sealedBy closes a text with the checksum that the reference computes.
func sealedBy(text string) string {
	text += "6304"
	return text + fmt.Sprintf("%04X", bitwise(text))
}

func person() Code {
	return Code{
		Receiver: Receiver{Kind: Person, BIC: "GXCHPHM2XXX", Payment: "99964403", Account: "DWALLET0000001", Mobile: "+63-917-0000001"},
		Category: "6016", Name: "Maria Santos", City: "Makati",
	}
}

func merchant() Code {
	return Code{
		Dynamic:  true,
		Receiver: Receiver{Kind: Merchant, BIC: "BOPIPHMMXXX", Merchant: "AYNI-PH", Account: "0000123456", Notify: "010"},
		Category: "6012", Amount: fx.Money{Minor: 123_450, Currency: peso}, Name: "Ayni", City: "Quezon City", Postal: "1100",
		Additional: []Field{{"05", "ORDER1"}, {"07", "00000001"}},
		Others:     []Field{{"64", "0002EN"}, {"88", "0012ph.ppmi.qrph"}},
	}
}

// TestGolden holds two codes of our own to the byte; their checksums are the reference's.
func TestGolden(t *testing.T) {
	for name, code := range map[string]Code{"person": person(), "merchant": merchant()} {
		t.Run(name, func(t *testing.T) {
			golden, err := os.ReadFile(filepath.Join("testdata", name+".txt"))
			require.NoError(t, err)
			want := strings.TrimSpace(string(golden))
			text, err := code.Marshal()
			require.NoError(t, err)
			assert.Equal(t, want, text)
			assert.Equal(t, want, sealedBy(want[:len(want)-8]))
			read, err := Parse(want)
			require.NoError(t, err)
			assert.Equal(t, code, read)
		})
	}
	assert.Equal(t, "ORDER1", merchant().Reference())
	assert.Empty(t, person().Reference())
}

func TestRefuses(t *testing.T) {
	const (
		format   = "000201"
		receiver = "27450012com.p2pqrpay0111GXCHPHM2XXX04100917000001"
		shop     = "28380011ph.ppmi.p2m0111BOPIPHMMXXX0304SHOP"
		rest     = "52046016530360858" + "02PH5905Maria6006Makati"
	)
	good := sealedBy(format + receiver + rest)
	_, err := Parse(good)
	require.NoError(t, err)
	shout, err := merchant().Marshal()
	require.NoError(t, err)
	require.NotEqual(t, strings.ToLower(shout[len(shout)-4:]), shout[len(shout)-4:])
	for _, c := range []struct {
		name, text, tag string
		fault           Fault
	}{
		{"nothing", "", tagChecksum, FaultChecksum},
		{"only a checksum", sealedBy(""), "00", FaultOrder},
		{"too long", strings.Repeat("0", MaxLength+1), "", FaultOversized},
		{"control character", sealedBy(format + receiver + rest + "6202\x01a"), "", FaultCharacter},
		{"not ASCII", sealedBy(format + receiver + rest + "6203Ñ1"), "", FaultCharacter},
		{"checksum in lower case", shout[:len(shout)-4] + strings.ToLower(shout[len(shout)-4:]), tagChecksum, FaultChecksum},
		{"checksum of all but its own tag", format + receiver + rest + "6304" + fmt.Sprintf("%04X", bitwise(format+receiver+rest)), tagChecksum, FaultChecksum},
		{"no checksum", format + receiver + rest, tagChecksum, FaultChecksum},
		{"checksum twice", sealedBy(format + receiver + "63041234" + rest), tagChecksum, FaultOrder},
		{"format second", sealedBy(receiver + format + rest), "00", FaultOrder},
		{"another format", sealedBy("000202" + receiver + rest), "00", FaultValue},
		{"currency twice", sealedBy(format + receiver + rest + "5303608"), "53", FaultRepeated},
		{"dollars", sealedBy(format + receiver + strings.Replace(rest, "5303608", "5303840", 1)), "53", FaultValue},
		{"no currency", sealedBy(format + receiver + strings.Replace(rest, "5303608", "", 1)), "53", FaultMissing},
		{"another country", sealedBy(format + receiver + strings.Replace(rest, "02PH", "02SG", 1)), "58", FaultValue},
		{"paid thrice", sealedBy(format + "010213" + receiver + rest), "01", FaultValue},
		{"no receiver", sealedBy(format + rest), "27", FaultMissing},
		{"two receivers", sealedBy(format + receiver + shop + rest), "28", FaultRepeated},
		{"a merchant's name under a person's tag", sealedBy(format + "27" + shop[2:] + rest), "27.00", FaultValue},
		{"another scheme", sealedBy(format + "27080004else" + rest), "27.00", FaultValue},
		{"no bank", sealedBy(format + "27300012com.p2pqrpay04100917000001" + rest), "27.01", FaultValue},
		{"no account", sealedBy(format + "27310012com.p2pqrpay0111GXCHPHM2XXX" + rest), "27", FaultMissing},
		{"a bank in lower case", sealedBy(format + strings.Replace(receiver, "GXCH", "gxch", 1) + rest), "27.01", FaultValue},
		{"account twice", sealedBy(format + "27410012com.p2pqrpay0111GXCHPHM2XXX0401104012" + rest), "27.04", FaultRepeated},
		{"template ends early", sealedBy(format + "27330012com.p2pqrpay0111GXCHPHM2XXX04" + rest), "27", FaultSyntax},
		{"value beyond the end", sealedBy(format + receiver + rest + "6299a"), "62", FaultSyntax},
		{"length of zero", sealedBy(format + receiver + rest + "6100" + "0000"), "61", FaultSyntax},
		{"length not in digits", sealedBy(format + receiver + rest + "61 1a"), "", FaultSyntax},
		{"amount with an exponent", sealedBy(format + receiver + rest + "54031e3"), "54", FaultValue},
		{"amount of zero", sealedBy(format + receiver + rest + "54040.00"), "54", FaultValue},
		{"negative amount", sealedBy(format + receiver + rest + "5402-1"), "54", FaultValue},
		{"three decimals", sealedBy(format + receiver + rest + "54051.000"), "54", FaultValue},
		{"amount with a point only", sealedBy(format + receiver + rest + "54021."), "54", FaultValue},
		{"amount with leading zeros", sealedBy(format + receiver + rest + "5403001"), "54", FaultValue},
		{"amount with separators", sealedBy(format + receiver + rest + "54051,000"), "54", FaultValue},
		{"amount above 13 characters", sealedBy(format + receiver + rest + "541410000000000.00"), "54", FaultValue},
		{"category of three digits", sealedBy(format + receiver + strings.Replace(rest, "52046016", "5203601", 1)), "52", FaultValue},
		{"no name", sealedBy(format + receiver + strings.Replace(rest, "5905Maria", "", 1)), "59", FaultValue},
		{"long name", sealedBy(format + receiver + strings.Replace(rest, "5905Maria", "5926"+strings.Repeat("M", 26), 1)), "59", FaultValue},
		{"additional not in fields", sealedBy(format + receiver + rest + "6203abc"), "62", FaultSyntax},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse(c.text)
			var fault *Error
			require.ErrorAs(t, err, &fault)
			assert.Equal(t, Error{Tag: c.tag, Fault: c.fault}, *fault)
		})
	}
}

func TestMarshalRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*Code){
		"no kind":                    func(c *Code) { c.Receiver.Kind = "" },
		"another scheme":             func(c *Code) { c.Receiver.Kind = "com.example" },
		"a flag of merchants":        func(c *Code) { c.Receiver.Mobile, c.Receiver.Notify = "", "010" },
		"no bank":                    func(c *Code) { c.Receiver.BIC = "" },
		"dollars":                    func(c *Code) { c.Amount = fx.Money{Minor: 100, Currency: fx.MustCurrency("USD")} },
		"yen":                        func(c *Code) { c.Amount = fx.Money{Minor: 100, Currency: fx.MustCurrency("JPY")} },
		"negative":                   func(c *Code) { c.Amount = fx.Money{Minor: -100, Currency: peso} },
		"more than fits":             func(c *Code) { c.Amount = fx.Money{Minor: 1_000_000_000_000, Currency: peso} },
		"a long name":                func(c *Code) { c.Name = strings.Repeat("M", maxName+1) },
		"a line end":                 func(c *Code) { c.City = "Ma\nkati" },
		"an account among the rest":  func(c *Code) { c.Receiver.Account, c.Receiver.More = "", []Field{{"04", "1"}} },
		"a receiver among the rest":  func(c *Code) { c.Others = []Field{{"27", "0004else"}} },
		"a merchant among the rest":  func(c *Code) { c.Others = []Field{{"28", "0004else"}} },
		"a checksum among the rest":  func(c *Code) { c.Others = []Field{{"63", "0000"}} },
		"no tag":                     func(c *Code) { c.Others = []Field{{"", "1"}} },
		"no value":                   func(c *Code) { c.Others = []Field{{"80", ""}} },
		"a long value":               func(c *Code) { c.Others = []Field{{"80", strings.Repeat("x", maxValue+1)}} },
		"a field twice":              func(c *Code) { c.Additional = []Field{{"05", "a"}, {"05", "b"}} },
		"longer than a code may be":  func(c *Code) { c.Others = many() },
		"a template longer than fit": func(c *Code) { c.Receiver.Account = strings.Repeat("1", maxValue) },
	} {
		t.Run(name, func(t *testing.T) {
			c := person()
			spoil(&c)
			text, err := c.Marshal()
			var fault *Error
			require.ErrorAs(t, err, &fault)
			assert.Empty(t, text)
		})
	}
}

func many() []Field {
	var fields []Field
	for tag := 80; tag < 86; tag++ {
		fields = append(fields, Field{fmt.Sprint(tag), strings.Repeat("x", maxValue)})
	}
	return fields
}

func drawText(t *rapid.T, what string, least, most int) string {
	return rapid.StringOfN(rapid.RuneFrom([]rune(" !#$%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz{|}~")), least, most, most).Draw(t, what)
}

func drawCode(t *rapid.T) Code {
	c := Code{
		Dynamic: rapid.Bool().Draw(t, "dynamic"),
		Receiver: Receiver{
			Kind: rapid.SampledFrom([]Kind{Person, Merchant}).Draw(t, "kind"),
			BIC:  rapid.StringMatching(`[A-Z0-9]{4}PH[A-Z0-9]{2}([A-Z0-9]{3})?`).Draw(t, "bic"), Account: drawText(t, "account", 1, 12),
			Merchant: drawText(t, "merchant", 0, 12),
		},
		Category: rapid.StringMatching(`[0-9]{4}`).Draw(t, "category"),
		Name:     drawText(t, "name", 1, maxName), City: drawText(t, "city", 1, maxCity), Postal: drawText(t, "postal", 0, maxPostal),
	}
	if rapid.Bool().Draw(t, "with amount") {
		c.Amount = fx.Money{Minor: rapid.Int64Range(1, 999_999_999_999).Draw(t, "amount"), Currency: peso}
	}
	for _, tag := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"01", "05", "08"}), rapid.ID[string]).Draw(t, "additional") {
		c.Additional = append(c.Additional, Field{tag, drawText(t, "value", 1, 20)})
	}
	for _, tag := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"26", "30", "55", "64", "80", "99"}), rapid.ID[string]).Draw(t, "others") {
		c.Others = append(c.Others, Field{tag, drawText(t, "value", 1, 20)})
	}
	c.Additional, c.Others = inOrder(c.Additional), inOrder(c.Others)
	return c
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCode(t)
		text, err := c.Marshal()
		require.NoError(t, err)
		assert.Equal(t, sealedBy(text[:len(text)-8]), text)
		read, err := Parse(text)
		require.NoError(t, err)
		assert.Equal(t, c, read)
	})
}

// TestDamageIsSeen: the checksum finds any one character that changed, and any two neighbours that changed places.
func TestDamageIsSeen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, err := drawCode(t).Marshal()
		require.NoError(t, err)
		at := rapid.IntRange(0, len(text)-2).Draw(t, "at")
		by := rapid.ByteRange(' ', '~').Draw(t, "by")
		changed := text[:at] + string(rune(by)) + text[at+1:]
		swapped := text[:at] + text[at+1:at+2] + text[at:at+1] + text[at+2:]
		for _, damaged := range []string{changed, swapped} {
			if damaged == text {
				continue
			}
			_, err := Parse(damaged)
			require.Error(t, err, damaged)
		}
	})
}

// unsaid is what Marshal writes and a code may leave out, beside the checksum: the initiation, an amount's cents.
const unsaid = "01021163040000.00"

func FuzzParse(f *testing.F) {
	for _, c := range []Code{person(), merchant()} {
		text, err := c.Marshal()
		require.NoError(f, err)
		f.Add(text[:len(text)-8])
	}
	f.Add("000201")
	f.Add("00020127049999")
	f.Fuzz(func(t *testing.T, body string) {
		_, _ = Parse(body)
		c, err := Parse(sealedBy(body)) // past the checksum, to what stands behind it
		if err != nil {
			var fault *Error
			require.ErrorAs(t, err, &fault)
			return
		}
		text, err := c.Marshal()
		if len(body)+len(unsaid) > MaxLength { // what a code may leave out does not fit into it
			return
		}
		require.NoError(t, err)
		again, err := Parse(text)
		require.NoError(t, err)
		assert.Equal(t, c, again)
	})
}
