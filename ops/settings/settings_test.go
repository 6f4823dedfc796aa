package settings_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/settings"
)

// yesterday is what testdata/serve-1.yaml means.
var yesterday = settings.Serve{
	DatabaseURL: "file:/etc/ayni/database-url", NATSURL: "nats://10.0.0.2:4222,nats://10.0.0.3:4222", NATSCreds: "/etc/ayni/switch.creds",
	SwitchSeed: "file:/etc/ayni/switch.seed", LogKey: "file:/etc/ayni/log.key", Persons: "/var/lib/ayni/persons.keys",
	ScreeningLists: "/etc/ayni/lists.json", ScreeningKey: "file:/etc/ayni/screening.key", Holder: "nairobi-1", HTTPAddr: "0.0.0.0:8443",
	Name: "ayni", IssuerGroups: "groups", IssuerOwn: "participant", // which that file did not know yet: as where nothing is said
	Rails:     map[string]settings.Address{"mpesa-ke": "http://10.0.1.5:8081", "gcash-ph": "https://10.0.1.6:8081"},
	Telemetry: settings.Telemetry{LogLevel: "warn", LogFormat: "text", TracesRatio: 0.01},
}

const oldFile = "testdata/serve-1.yaml"

func TestYesterdaysFileMeansTheSame(t *testing.T) {
	s := settings.DefaultServe()
	_, err := settings.Load(&s, settings.Sources{File: oldFile})
	require.NoError(t, err)
	assert.Equal(t, yesterday, s)
	assert.NoError(t, s.Check())
	d := settings.DefaultDev()
	_, err = settings.Load(&d, settings.Sources{File: "testdata/dev-1.yaml"})
	require.NoError(t, err)
	assert.Equal(t, settings.Dev{
		Data: "/srv/ayni", DatabaseURL: "file:/etc/ayni/database-url", NATSURL: "nats://127.0.0.1:4222", NATSCreds: "/etc/ayni/provisioner.creds",
		Transfers: 5000, Seed: 7, ProductionTimers: true, Telemetry: settings.Telemetry{LogLevel: "error", LogFormat: "text", TracesRatio: 0.01},
	}, d)
	contexts, err := settings.ReadContexts("testdata/contexts-1.yaml")
	require.NoError(t, err)
	assert.Equal(t, []string{"dev", "prod"}, contexts.Names())
	prod, err := contexts.Get("")
	require.NoError(t, err)
	assert.Equal(t, "Asha", prod.As)
}

func TestLaterSourcesWinAndAreNamed(t *testing.T) {
	s := settings.DefaultServe()
	environ := map[string]string{"AYNI_LOG_LEVEL": "debug", "AYNI_HOLDER": "of the environment", "AYNI_RAILS": "upi-in=http://10.0.1.7:8081", "AYNI_MIGRATE": "true"}
	values, err := settings.Load(&s, settings.Sources{
		File: oldFile, Prefix: "AYNI_", Lookup: func(name string) (string, bool) { v, ok := environ[name]; return v, ok },
		Flags: map[string]string{"holder": "of the flag", "config": "is no setting"},
	})
	require.NoError(t, err)
	assert.Equal(t, "debug", s.LogLevel)
	assert.True(t, s.Migrate)
	assert.Equal(t, map[string]settings.Address{"upi-in": "http://10.0.1.7:8081"}, s.Rails, "a map is replaced, not added to")
	from := map[string]settings.Value{}
	for _, v := range values {
		from[v.Name] = v
	}
	assert.Equal(t, settings.Value{Name: "holder", Text: "of the flag", From: "flag --holder"}, from["holder"])
	assert.Equal(t, settings.Value{Name: "log_level", Text: "debug", From: "AYNI_LOG_LEVEL"}, from["log_level"])
	assert.Equal(t, settings.Value{Name: "persons", Text: "/var/lib/ayni/persons.keys", From: oldFile}, from["persons"])
	fresh := settings.DefaultServe()
	values, err = settings.Load(&fresh, settings.Sources{})
	require.NoError(t, err)
	assert.Equal(t, "default", values[0].From)
}

func TestExampleReadsAsWhatHolds(t *testing.T) {
	fresh := settings.DefaultServe()
	file := filepath.Join(t.TempDir(), "example.yaml")
	require.NoError(t, os.WriteFile(file, []byte(settings.Example(&fresh, "An example.")), 0o600))
	read := settings.Serve{}
	_, err := settings.Load(&read, settings.Sources{File: file})
	require.NoError(t, err)
	read.IssuerRoles = nil
	read.Rails, read.Pools, read.PoolLogs = nil, nil, nil // empty, and nil where nothing was said
	assert.Equal(t, fresh, read)
}

func TestWhatIsRefused(t *testing.T) {
	const secret = "SUAJ6NOTTOBESHOWN"
	for name, text := range map[string]string{
		"unknown":        "database_ulr: x",
		"twice":          "holder: a\nholder: b",
		"a list":         "- holder",
		"two documents":  "holder: a\n---\nholder: b",
		"empty":          "",
		"no bool":        "migrate: perhaps",
		"secret inline":  "switch_seed: " + secret,
		"password":       "database_url: postgres://ayni:" + secret + "@db/ayni",
		"password words": "database_url: \"host=db password=" + secret + "\"",
	} {
		file := filepath.Join(t.TempDir(), "serve.yaml")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		s := settings.DefaultServe()
		_, err := settings.Load(&s, settings.Sources{File: file})
		var wrong *settings.Error
		require.ErrorAs(t, err, &wrong, name)
		assert.NotContains(t, err.Error(), secret, name)
	}
	s := settings.DefaultServe()
	_, err := settings.Load(&s, settings.Sources{Flags: map[string]string{"log_key": secret}})
	require.Error(t, err)
	assert.NotContains(t, err.Error(), secret)
	for name, change := range map[string]func(*settings.Serve){
		"database_url is missing": func(s *settings.Serve) { s.DatabaseURL = "" },
		"no HOST:PORT":            func(s *settings.Serve) { s.HTTPAddr = "8080" },
		"no participant":          func(s *settings.Serve) { s.Rails = map[string]settings.Address{"MPesa": "http://a"} },
		"has no key in pool_logs": func(s *settings.Serve) {
			s.Pools = map[string]settings.Address{"chama-nairobi": "https://chama.example"}
		},
		"is in no pools": func(s *settings.Serve) { s.PoolLogs = map[string]string{"chama-nairobi": "chama-nairobi/log+1+A"} },
		"log_level":      func(s *settings.Serve) { s.LogLevel = "loud" },
		"traces_ratio":   func(s *settings.Serve) { s.TracesRatio = 2 },
		"traces_url":     func(s *settings.Serve) { s.TracesURL = "127.0.0.1:4318" },
		"tls_key":        func(s *settings.Serve) { s.TLSCertificate = "/etc/ayni/tls.pem" },
		"tls_clients":    func(s *settings.Serve) { s.TLSClients = "/etc/ayni/clients.pem" },
	} {
		s := yesterday
		change(&s)
		require.ErrorContains(t, s.Check(), name)
	}
}

func TestSecretsAreReadWhereTheyAre(t *testing.T) {
	file := filepath.Join(t.TempDir(), "seed")
	require.NoError(t, os.WriteFile(file, []byte("the seed\n"), 0o600))
	text, err := settings.Secret("file:" + file).Read()
	require.NoError(t, err)
	assert.Equal(t, "the seed", text)
	t.Setenv("AYNI_TEST_URL", "postgres://u:p@h/d")
	text, err = settings.Address("env:AYNI_TEST_URL").Read()
	require.NoError(t, err)
	assert.Equal(t, "postgres://u:p@h/d", text)
	_, err = settings.Secret("env:AYNI_TEST_NOT_THERE").Read()
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NoError(t, os.WriteFile(file, make([]byte, 65<<10), 0o600))
	_, err = settings.Secret("file:" + file).Read()
	require.ErrorContains(t, err, "more than")
}

func TestContexts(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ayni", "contexts.yaml")
	c, err := settings.ReadContexts(file)
	require.NoError(t, err, "none yet")
	require.NoError(t, c.Set("prod", map[string]string{"database_url": "postgres://db/ayni", "as": "Asha"}))
	require.NoError(t, c.Set("dev", map[string]string{"data": "/tmp/a"}))
	require.Error(t, c.Set("No Name", nil))
	require.ErrorContains(t, c.Set("prod", map[string]string{"database_url": "postgres://u:secret@db/ayni"}), "password")
	require.NoError(t, c.Write(file))
	info, err := os.Stat(file)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	again, err := settings.ReadContexts(file)
	require.NoError(t, err)
	assert.Equal(t, c, again)
	assert.Equal(t, "prod", again.Current, "the first is the current one")
	require.NoError(t, again.Set("prod", map[string]string{"as": ""}))
	prod, err := again.Get("prod")
	require.NoError(t, err)
	assert.Empty(t, prod.As)
	assert.Equal(t, settings.Address("postgres://db/ayni"), prod.DatabaseURL)
	_, err = again.Get("test")
	require.ErrorIs(t, err, settings.ErrNoContext)
	require.ErrorIs(t, again.Remove("test"), settings.ErrNoContext)
	require.NoError(t, again.Remove("prod"))
	none, err := again.Get("")
	require.NoError(t, err, "none is chosen")
	assert.Empty(t, none.Values())
	require.NoError(t, os.WriteFile(file, []byte("contexts: {A B: {}}"), 0o600))
	_, err = settings.ReadContexts(file)
	require.ErrorContains(t, err, "cannot name")
}

func TestNetworks(t *testing.T) {
	var n settings.Networks
	require.NoError(t, n.UnmarshalText([]byte("10.0.0.0/8, 192.0.2.7,2001:db8::1")))
	assert.Equal(t, "[10.0.0.0/8 192.0.2.7/32 2001:db8::1/128]", fmt.Sprint(n.Prefixes()))
	require.NoError(t, n.UnmarshalText(nil))
	assert.Empty(t, n.Prefixes())
	for _, bad := range []string{"proxy.example", "10.0.0.0/33", "10.0.0.1,", ","} {
		require.Error(t, n.UnmarshalText([]byte(bad)), bad)
	}
}

// FuzzLoad: whatever a file says, it is taken or refused with a typed error.
func FuzzLoad(f *testing.F) {
	text, err := os.ReadFile(oldFile)
	require.NoError(f, err)
	f.Add(string(text))
	f.Add("rails: {a: b}\nmigrate: yes")
	f.Fuzz(func(t *testing.T, text string) {
		file := filepath.Join(t.TempDir(), "serve.yaml")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		s := settings.DefaultServe()
		_, err := settings.Load(&s, settings.Sources{File: file})
		var wrong *settings.Error
		if err != nil {
			require.ErrorAs(t, err, &wrong)
		}
	})
}
