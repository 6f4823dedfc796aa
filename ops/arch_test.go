package ops_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/ayni-switch/ayni/"

// rooms says what each room may import of ours. The longest name that fits a package is its room.
// .golangci.yml holds the same table for the linter.
var rooms = map[string][]string{
	"fx":            {},
	"netting":       {"fx"},
	"messaging":     {"fx"},
	"adapters":      {"messaging", "fx"},
	"adapters/pool": {"adapters", "messaging", "netting", "fx", "settlement/ledger", "settlement/audit", "settlement/persons"},
	"settlement":    {"netting", "messaging", "fx"},
	"ops":           {"settlement", "adapters", "adapters/pool", "netting", "messaging", "fx", "testdata"},
	"cmd":           {"ops", "settlement", "adapters", "adapters/pool", "netting", "messaging", "fx", "testdata"},
	"testdata":      {"fx"},
}

// forTests is what tests may import beside that: the tables, and names checked by who owns them.
var forTests = map[string][]string{
	"adapters":      {"testdata"},
	"adapters/pool": {"testdata", "settlement/store/pgtest"},
	"settlement":    {"testdata"},
	"messaging":     {"testdata"},
	"testdata":      {"messaging"},
}

// impure is what a room that decides by its inputs alone does without.
var impure = []string{"context", "os", "net", "net/http", "math/rand", "math/rand/v2", "crypto/rand"}

// forbidden names imports that a room must do without, and why.
var forbidden = map[string][]string{
	"fx":                     impure,
	"netting":                append([]string{"time"}, impure...),
	"settlement/audit":       {module + "settlement/engine", module + "settlement/store"}, // the verifier shares nothing with what it verifies
	"settlement/decide":      impure,
	"settlement/ledger":      impure,
	"adapters/pool/charter":  impure,
	"adapters/pool/act":      impure,
	"adapters/pool/book":     impure,
	"adapters/pool/rotation": impure,
	"adapters/pool/board":    impure,
	"adapters/pool/credit":   impure,
	"adapters/pool/decide":   impure,
	"adapters/pool/diary":    {module + "adapters/pool/decide", module + "adapters/pool/store", "net", "net/http"}, // likewise; what lines mean is not its business
}

// without names what a room must do without, however far below: an auditor decides again without engine and database.
var without = map[string][]string{
	"settlement/ledger": {module + "settlement/engine", module + "settlement/store", "github.com/jackc/pgx"},
	"settlement/decide": {module + "settlement/engine", module + "settlement/store", "github.com/jackc/pgx"},
	// A second opinion is formed apart from the first.
	"settlement/audit/accountant": {module + "settlement/decide", module + "settlement/engine", module + "settlement/store", "github.com/jackc/pgx"},
	// A pool's log is decided and read again likewise.
	"adapters/pool/decide": {module + "adapters/pool/store", "github.com/jackc/pgx"},
	"adapters/pool/diary":  {module + "adapters/pool/store", "github.com/jackc/pgx"},
}

type goPackage struct {
	ImportPath                               string
	Imports, TestImports, XTestImports, Deps []string
}

// name is the package's path inside the module.
func (p goPackage) name() string { return strings.TrimPrefix(p.ImportPath, module) }

func packages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=ImportPath,Imports,TestImports,XTestImports,Deps", module+"...").Output()
	require.NoError(t, err)
	var all []goPackage
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		all = append(all, p)
	}
	require.NotEmpty(t, all)
	return all
}

func TestRoomsImportWhatTheyMay(t *testing.T) {
	for _, p := range packages(t) {
		for _, imported := range p.Imports {
			assert.Empty(t, broken(p.name(), imported, nil))
		}
		for _, imported := range slices.Concat(p.TestImports, p.XTestImports) {
			room, _ := roomOf(p.name())
			assert.Empty(t, broken(p.name(), imported, forTests[room]))
		}
		for room, paths := range forbidden {
			if within(p.name(), room) {
				for _, path := range paths {
					assert.NotContains(t, p.Imports, path, p.name())
				}
			}
		}
	}
}

func TestAnAuditorNeedsNoDatabase(t *testing.T) {
	for _, p := range packages(t) {
		for _, path := range without[p.name()] {
			assert.False(t, slices.ContainsFunc(p.Deps, func(dep string) bool { return within(dep, path) }), "%s needs %s", p.name(), path)
		}
	}
}

// broken says which rule an import breaks, "" where it breaks none.
func broken(from, imported string, extra []string) string {
	to, ours := strings.CutPrefix(imported, module)
	if !ours {
		return ""
	}
	room, known := roomOf(from)
	if !known {
		return from + " is in no room of the table"
	}
	for _, allowed := range slices.Concat([]string{room}, rooms[room], extra) {
		if within(to, allowed) && !nearer(to, allowed) {
			return ""
		}
	}
	return from + " may not import " + to
}

// nearer tells whether a package belongs to a room of its own inside the given one.
func nearer(name, room string) bool {
	own, _ := roomOf(name)
	return own != room && within(own, room)
}

func roomOf(name string) (room string, known bool) {
	for candidate := range rooms {
		if within(name, candidate) && len(candidate) > len(room) {
			room, known = candidate, true
		}
	}
	return room, known
}

func within(name, room string) bool { return name == room || strings.HasPrefix(name, room+"/") }

// The table can say no: one wrong import for each of its rows.
func TestTheTableSaysNo(t *testing.T) {
	for from, to := range map[string]string{
		"fx":                   "messaging",
		"netting":              "messaging",
		"messaging/iso20022":   "netting",
		"adapters/mpesa":       "settlement/store",
		"adapters":             "adapters/pool",
		"adapters/pool":        "settlement/engine",
		"adapters/pool/store":  "settlement/store",
		"settlement/engine":    "adapters",
		"settlement/store":     "ops/dev",
		"ops/dev":              "cmd/ayni",
		"testdata":             "settlement",
		"somewhere/unexpected": "fx",
	} {
		assert.NotEmpty(t, broken(from, module+to, nil), "%s importing %s", from, to)
	}
}

// The top level is the map of the house: rooms, and files that every house has.
func TestTopLevelHoldsTheRoomsOnly(t *testing.T) {
	entries, err := os.ReadDir("..")
	require.NoError(t, err)
	file := regexp.MustCompile(`^([A-Z][A-Za-z_-]*(\.md)?|go\.(mod|sum)|\..*)$`)
	for _, entry := range entries {
		name := entry.Name()
		_, isRoom := rooms[name]
		assert.True(t, entry.IsDir() && isRoom || file.MatchString(name), "%s has no place at the top level", name)
	}
}

// ARCHITECTURE.md walks a transfer through the code by file names: each one is there.
func TestTheWalkNamesFilesThatExist(t *testing.T) {
	text, err := os.ReadFile("../ARCHITECTURE.md")
	require.NoError(t, err)
	named := regexp.MustCompile("`([a-z0-9_/]+(?:\\.go|\\.sql|/))`").FindAllStringSubmatch(string(text), -1)
	require.NotEmpty(t, named)
	for _, name := range named {
		_, err := os.Stat("../" + name[1])
		assert.NoError(t, err)
	}
}
