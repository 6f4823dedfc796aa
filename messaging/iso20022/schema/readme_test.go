package schema_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

// The table in the README is what is there: every message and header, and how many collected documents were judged.
func TestReadmeSaysWhatIsSupported(t *testing.T) {
	accepted, refused := map[string]int{}, map[string]int{}
	others := 0
	for _, data := range samples(t) {
		d, err := schema.Parse(data, maxTestBytes)
		if err == nil {
			accepted[d.Message]++
			accepted[d.HeaderMessage]++
			continue
		}
		found, _ := fragments(data)
		if len(found) == 0 || schema.Root(found[len(found)-1].message) == "" {
			others++
			continue
		}
		refused[found[len(found)-1].message]++
	}
	var table strings.Builder
	table.WriteString("| message | holds | samples accepted | refused |\n|---|---|---:|---:|\n")
	row := func(message string) {
		fmt.Fprintf(&table, "| %s | %s | %d | %d |\n", message, schema.Root(message), accepted[message], refused[message])
	}
	for _, message := range schema.Messages() {
		row(message)
	}
	for _, header := range schema.Headers() {
		row(header)
	}
	fmt.Fprintf(&table, "| others | | | %d |\n", others)
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	assert.Contains(t, string(readme), table.String(), "the table should be\n%s", table.String())
}
