package mixin

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/ayni-switch/ayni/ops/telemetry"
)

var update = flag.Bool("update", false, "write the dashboards anew")

// rules is the form of a file of rules, as far as these tests look.
type rules struct {
	Groups []struct {
		Name  string `yaml:"name"`
		Rules []struct {
			Record      string            `yaml:"record"`
			Alert       string            `yaml:"alert"`
			Expr        string            `yaml:"expr"`
			For         string            `yaml:"for"`
			Labels      map[string]string `yaml:"labels"`
			Annotations map[string]string `yaml:"annotations"`
		} `yaml:"rules"`
	} `yaml:"groups"`
}

func readRules(t *testing.T) rules {
	t.Helper()
	text, err := Files.ReadFile("rules/ayni.yaml")
	require.NoError(t, err)
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	var all rules
	require.NoError(t, decoder.Decode(&all))
	return all
}

func TestDashboardsAreWhatTheirCodeMakes(t *testing.T) {
	files, err := fs.Glob(Files, "dashboards/*.json")
	require.NoError(t, err)
	if !*update {
		require.Len(t, files, len(Dashboards()))
	}
	for _, d := range Dashboards() {
		want, err := d.JSON()
		require.NoError(t, err)
		file := path.Join("dashboards", d.UID+".json")
		if *update {
			require.NoError(t, os.WriteFile(file, want, 0o644))
			continue
		}
		got, err := Files.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, string(want), string(got), "%s: go test ./ops/mixin -update", file)
	}
}

// parts are what every page has.
var parts = []string{"\n## What it means\n", "\n## What to look at\n", "\n## What to do\n", "\n## When to worry\n"}

func TestEveryAlertHasItsPage(t *testing.T) {
	const pages = "https://github.com/ayni-switch/ayni/blob/main/ops/mixin/runbooks/"
	known := map[string]bool{}
	for _, group := range readRules(t).Groups {
		for _, r := range group.Rules {
			if r.Alert == "" {
				continue
			}
			known[r.Alert+".md"] = true
			assert.Equal(t, pages+r.Alert+".md", r.Annotations["runbook_url"], r.Alert)
			assert.NotEmpty(t, r.Annotations["summary"], r.Alert)
			assert.Contains(t, []string{"critical", "warning"}, r.Labels["severity"], r.Alert)
			page, err := Files.ReadFile("runbooks/" + r.Alert + ".md")
			if !assert.NoError(t, err) {
				continue
			}
			assert.Contains(t, string(page), "\n"+r.Expr+"\n", "%s: its page has another expression", r.Alert)
			for _, part := range parts {
				assert.Contains(t, string(page), part, r.Alert)
			}
		}
	}
	files, err := fs.ReadDir(Files, "runbooks")
	require.NoError(t, err)
	for _, file := range files {
		assert.True(t, known[file.Name()], "%s is no alert's", file.Name())
	}
}

// names collects what is registered.
type names struct{ described map[string]bool }

var descName = regexp.MustCompile(`fqName: "([a-z_]+)"`)

func (n names) Register(c prometheus.Collector) error {
	to := make(chan *prometheus.Desc)
	go func() {
		c.Describe(to)
		close(to)
	}()
	for d := range to {
		n.described[descName.FindStringSubmatch(d.String())[1]] = true
	}
	return nil
}

func (n names) MustRegister(all ...prometheus.Collector) {
	for _, c := range all {
		_ = n.Register(c)
	}
}

func (names) Unregister(prometheus.Collector) bool { return false }

// metrics are the names of all metrics of ours.
func metrics(t *testing.T) map[string]bool {
	t.Helper()
	n := names{map[string]bool{}}
	_, err := telemetry.NewBatches(n)
	require.NoError(t, err)
	_, err = telemetry.NewLedger(n, nil, nil)
	require.NoError(t, err)
	_, err = telemetry.NewWebhooks(n, hooks{})
	require.NoError(t, err)
	_, err = telemetry.NewAdapter(n, "mpesa-ke")
	require.NoError(t, err)
	_, err = telemetry.NewPool(n, "village", nil, nil)
	require.NoError(t, err)
	return n.described
}

// hooks stand in for those that nobody asks here.
type hooks struct{ telemetry.Hooks }

// metricName finds names of metrics and of recorded series in an expression.
var metricName = regexp.MustCompile(`\bayni[a-z0-9_:]*`)

func TestWhatIsAskedForIsThereAndWhatIsThereIsShown(t *testing.T) {
	there, shown := metrics(t), map[string]bool{}
	var all []string
	for _, group := range readRules(t).Groups {
		for _, r := range group.Rules {
			all = append(all, r.Expr)
			if r.Record != "" {
				there[r.Record] = true
			}
		}
	}
	for _, d := range Dashboards() {
		for _, p := range d.Panels {
			assert.NotEmpty(t, p.Queries, p.Title)
			for _, q := range p.Queries {
				all = append(all, q.Expr)
				for _, name := range metricName.FindAllString(q.Expr, -1) {
					shown[base(there, name)] = true
				}
			}
		}
	}
	for _, expr := range all {
		for _, name := range metricName.FindAllString(expr, -1) {
			assert.True(t, there[base(there, name)], "%s: nothing is called %s", expr, name)
		}
	}
	for _, group := range readRules(t).Groups {
		for _, r := range group.Rules {
			if shown[r.Record] {
				for _, name := range metricName.FindAllString(r.Expr, -1) {
					shown[base(there, name)] = true
				}
			}
		}
	}
	for name := range there {
		assert.True(t, shown[name] || strings.HasSuffix(name, ":p99_5m") || strings.HasSuffix(name, ":ratio_rate15m"), "no dashboard shows %s", name)
	}
}

// base takes off what Prometheus puts behind a histogram's name.
func base(there map[string]bool, name string) string {
	for _, suffix := range []string{"_bucket", "_count", "_sum"} {
		if short, ok := strings.CutSuffix(name, suffix); ok && there[short] {
			return short
		}
	}
	return name
}
