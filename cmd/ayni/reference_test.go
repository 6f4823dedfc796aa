package main

import (
	"cmp"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/ayni-switch/ayni/ops/exit"
	"github.com/ayni-switch/ayni/ops/mixin"
	"github.com/ayni-switch/ayni/ops/settings"
)

var update = flag.Bool("update", false, "write the pages of reference anew")

// made begins a page that is made by this test.
const made = "<!-- made from the program: go test ./cmd/ayni -run Reference -update -->\n"

// The pages of reference say what the program is.
func TestReference(t *testing.T) {
	for name, want := range map[string]string{
		"commands": commandsPage(), "settings": settingsPage(), "alerts": alertsPage(t),
	} {
		file := filepath.Join("..", "..", "ops", "docs", "reference", name+".md")
		if *update {
			require.NoError(t, os.WriteFile(file, []byte(want), 0o644))
		}
		got, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, want, string(got), "%s: -update makes it anew", file)
	}
}

// commandsPage lists every command with its flags.
func commandsPage() string {
	var b strings.Builder
	b.WriteString("# Commands\n\n" + made + "\n")
	b.WriteString("Every command has `--help`, and `--context NAME`, which says which switch is meant (`ayni context`). " +
		"Lists are for people; `-o json` and `-o csv` are for programs.\n\n")
	b.WriteString("What a command ends with:\n\n```text\n" + strings.TrimSpace(exit.Page) + "\n```\n")
	everyCommand(newCommand(), func(c *cobra.Command) {
		if c.Hidden || !c.HasParent() || c.IsAdditionalHelpTopicCommand() {
			return
		}
		if c.HasAvailableSubCommands() {
			if c.Parent().HasParent() {
				return // its own commands have their places
			}
			fmt.Fprintf(&b, "\n## ayni %s\n\n%s.\n", c.Name(), c.Short)
			return
		}
		if !c.Parent().HasParent() {
			fmt.Fprintf(&b, "\n## ayni %s\n", c.Name())
		}
		text := strings.TrimSuffix(cmp.Or(c.Long, c.Short), ".") + "."
		if strings.Contains(text, "\n  ") { // it has columns
			text = "```text\n" + text + "\n```"
		}
		fmt.Fprintf(&b, "\n```text\n%s\n```\n\n%s\n", c.UseLine(), text)
		flagsTable(&b, c)
	})
	return b.String()
}

// flagsTable lists a command's own flags.
func flagsTable(b *strings.Builder, c *cobra.Command) {
	began := false
	c.NonInheritedFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" || f.Name == "json" && c.Flags().Lookup("output") != nil {
			return
		}
		if !began {
			began = true
			b.WriteString("\n| flag | what |\n|---|---|\n")
		}
		kind, text := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		fmt.Fprintf(b, "| `%s` | %s |\n", strings.TrimSpace(name+" "+kind), cell(text))
	})
}

// settingsPage lists what each program can be told, in a file, by the environment or by flags.
func settingsPage() string {
	var b strings.Builder
	b.WriteString("# Settings\n\n" + made + "\n")
	b.WriteString("Each setting is a line of a YAML file (`--config`), a variable of the environment, or a flag; the later of these wins. " +
		"A name that is not here is refused. `ayni config example PROGRAM` writes a file (`ayni adapter init` and `ayni pool init` theirs), `ayni config print PROGRAM` shows what holds and why.\n")
	for _, p := range configurable() {
		fmt.Fprintf(&b, "\n## ayni %s\n\n%s\n\n| setting | environment | what |\n|---|---|---|\n", p.name, p.title)
		for _, s := range settings.Names(p.of) {
			fmt.Fprintf(&b, "| `%s` | `%s%s` | %s |\n", s.Name, p.prefix, strings.ToUpper(strings.ReplaceAll(s.Name, ".", "_")), cell(s.Text))
		}
	}
	return b.String()
}

// labels are what a rule's text has of what it is about.
var labels = regexp.MustCompile(`{{ \$labels\.(\w+) }}`)

// alertsPage lists what Prometheus is to wake people for.
func alertsPage(t *testing.T) string {
	t.Helper()
	text, err := fs.ReadFile(mixin.Files, "rules/ayni.yaml")
	require.NoError(t, err)
	var rules struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr         string
				For                 string
				Labels, Annotations map[string]string
			}
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &rules))
	var b strings.Builder
	b.WriteString("# Alerts\n\n" + made + "\n")
	b.WriteString("The rules are `ops/mixin/rules/ayni.yaml`. *Critical* wakes somebody; *warning* waits for the morning.\n\n")
	b.WriteString("| alert | | when |\n|---|---|---|\n")
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			if r.Alert != "" {
				fmt.Fprintf(&b, "| [%s](../../mixin/runbooks/%s.md) | %s | %s |\n", r.Alert, r.Alert, r.Labels["severity"], cell(labels.ReplaceAllString(r.Annotations["summary"], "*$1*")))
			}
		}
	}
	return b.String()
}

// cell makes a text fit a cell of a table.
func cell(text string) string { return strings.NewReplacer("|", "\\|", "\n", " ").Replace(text) }
