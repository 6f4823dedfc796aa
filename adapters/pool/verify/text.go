package verify

import (
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/diary"
)

// Line is a decided line as the log has it.
func Line(l decide.Line) (diary.Line, error) {
	return diary.NewLine(string(l.Section), l.Kind, l.Body, slices.Compact(slices.Sorted(slices.Values(l.About)))...)
}

// Text is the text of a decided line.
func Text(l decide.Line) ([]byte, error) {
	line, err := Line(l)
	if err != nil {
		return nil, err
	}
	return line.Text()
}

// poolOf is the pool that a first input founds, "" where it founds none.
func poolOf(in decide.Input) string {
	var founding struct {
		Charter struct {
			Pool string `json:"pool"`
		} `json:"charter"`
	}
	if in.Word == nil || json.Unmarshal(in.Word.Body, &founding) != nil {
		return ""
	}
	return founding.Charter.Pool
}

// clip shortens a line to what a report carries.
func clip(text string) string {
	const most = 400
	if len(text) > most {
		return text[:most] + " …"
	}
	return text
}
