package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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
	moov, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/moov-io/iso20022").Output()
	require.NoError(t, err)
	identification := filepath.Join(strings.TrimSpace(string(moov)), "docs", "specifications", "changeverify_account_identification_2")
	paths := []string{folder, filepath.Join(identification, "acmt.023.001.02.xsd"), filepath.Join(identification, "acmt.024.001.02.xsd")}

	var made bytes.Buffer
	require.NoError(t, generate(&made, paths))
	kept, err := os.ReadFile("../tables.txt")
	require.NoError(t, err)
	assert.Equal(t, string(kept), made.String(), "go run ./messaging/iso20022/schema/generate %s > messaging/iso20022/schema/tables.txt", strings.Join(paths, " "))
}

func TestSchemasThatTheTablesCannotHoldAreRefused(t *testing.T) {
	const head = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:iso:std:iso:20022:tech:xsd:test.001.001.01"><xs:element name="Document" type="Document"/>`
	document := func(types string) string {
		return head + `<xs:complexType name="Document"><xs:sequence><xs:element name="A" type="A"/></xs:sequence></xs:complexType>` + types + `</xs:schema>`
	}
	for name, text := range map[string]string{
		"no schema":            `<a/>`,
		"no type":              document(``),
		"itself":               document(`<xs:complexType name="A"><xs:sequence><xs:element name="B" type="A"/></xs:sequence></xs:complexType>`),
		"a choice among":       document(`<xs:complexType name="A"><xs:sequence><xs:choice/><xs:element name="B" type="B"/></xs:sequence></xs:complexType>`),
		"a group that repeats": document(`<xs:complexType name="A"><xs:choice maxOccurs="2"/></xs:complexType>`),
		"an unknown facet":     document(`<xs:simpleType name="A"><xs:restriction base="xs:string"><xs:whiteSpace value="collapse"/></xs:restriction></xs:simpleType>`),
		"an optional attribute": document(`<xs:simpleType name="B"><xs:restriction base="xs:string"/></xs:simpleType><xs:complexType name="A"><xs:simpleContent>` +
			`<xs:extension base="B"><xs:attribute name="a" type="B"/></xs:extension></xs:simpleContent></xs:complexType>`),
	} {
		file := filepath.Join(t.TempDir(), "test.xsd")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		assert.Error(t, generate(&bytes.Buffer{}, []string{file}), name)
	}
	assert.Error(t, generate(&bytes.Buffer{}, []string{t.TempDir()}), "an empty folder")
}
