package main

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The tables in the tree are what the published schemas say.
func TestTheTablesAreWhatTheSchemasSay(t *testing.T) {
	const folder = "../../../../../shared/xsd"
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("NOT COMPARED: the ISO 20022 schemas are not at %s", folder)
	}
	var made bytes.Buffer
	require.NoError(t, generate(&made, folder))
	kept, err := os.ReadFile("../tables.txt")
	require.NoError(t, err)
	assert.Equal(t, string(kept), made.String(), "go run ./messaging/iso20022/schema/generate FOLDER > messaging/iso20022/schema/tables.txt")
}
