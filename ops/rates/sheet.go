package rates

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/ops/atomicfile"
)

// SheetTerms are what a sheet says beside its rates.
type SheetTerms struct {
	Serial      int64  // greater than the last sheet's
	From, Until string // RFC 3339, whole seconds
}

// NewSheet writes an unsigned sheet of the sources' rates.
func NewSheet(out io.Writer, s Sources, terms SheetTerms) error {
	sheet := fx.Sheet{Serial: terms.Serial}
	var err error
	if sheet.From, err = time.Parse(time.RFC3339, terms.From); err != nil {
		return fmt.Errorf("rates: from: %w", err)
	}
	if sheet.Until, err = time.Parse(time.RFC3339, terms.Until); err != nil {
		return fmt.Errorf("rates: until: %w", err)
	}
	if sheet.Table, err = s.Table(); err != nil {
		return err
	}
	text, err := sheet.Encode()
	if err != nil {
		return fmt.Errorf("rates: %w", err)
	}
	_, err = out.Write(text)
	return err
}

// Sign writes the sheet with one more signature: of the key in keyFile. What is signed should have been read
// first; it is plain text.
func Sign(out io.Writer, keyFile, sheetFile string) error {
	key, err := readKey(keyFile)
	if err != nil {
		return err
	}
	text, err := readSheet(sheetFile)
	if err != nil {
		return err
	}
	signed, err := fx.ParseSignedSheet(text)
	if err != nil {
		return fmt.Errorf("rates: %s: %w", sheetFile, err)
	}
	_, err = out.Write(signed.Sign(key).Text())
	return err
}

// Verify holds a signed sheet against the committee's keys and says what it is. The error is
// *fx.SheetError where it is not sound.
func Verify(out io.Writer, keys []string, threshold int, sheetFile string) error {
	committee := fx.Committee{Threshold: threshold}
	for _, text := range keys {
		key, err := fx.ParseCommitteeKey(text)
		if err != nil {
			return fmt.Errorf("rates: %w", err)
		}
		committee.Keys = append(committee.Keys, key)
	}
	text, err := readSheet(sheetFile)
	if err != nil {
		return err
	}
	sheet, err := committee.Verify(text)
	if err != nil {
		return fmt.Errorf("rates: %s: %w", sheetFile, err)
	}
	_, err = fmt.Fprintf(out, "sheet %d: %d rates per %s from %s until %s, signed by at least %d of %d\n", sheet.Serial,
		len(sheet.Table.References()), sheet.Table.Base(), sheet.From.Format(time.RFC3339), sheet.Until.Format(time.RFC3339),
		threshold, len(keys))
	return err
}

func readSheet(name string) ([]byte, error) {
	text, err := readFile(name, func(r io.Reader) (*bytes.Buffer, error) { return readAll(r, fx.MaxSheetBytes) })
	if err != nil {
		return nil, fmt.Errorf("rates: %w", err)
	}
	return text.Bytes(), nil
}

// readAll reads at most limit bytes, and refuses more.
func readAll(r io.Reader, limit int64) (*bytes.Buffer, error) {
	var text bytes.Buffer
	n, err := io.Copy(&text, io.LimitReader(r, limit+1))
	if err == nil && n > limit {
		err = fmt.Errorf("more than %d bytes", limit)
	}
	return &text, err
}

// ToFile has write write to a file, whole or not at all, or to out where no file is named.
func ToFile(out io.Writer, name string, write func(io.Writer) error) error {
	if name == "" {
		return write(out)
	}
	if err := atomicfile.Write(name, write); err != nil {
		return fmt.Errorf("rates: %w", err)
	}
	return nil
}
