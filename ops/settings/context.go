package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/ayni-switch/ayni/adapters"
)

// Context is one switch as somebody at a command line reaches it. Flags win over the environment, and that over a
// context. No secret stands in it.
type Context struct {
	DatabaseURL Address `yaml:"database_url,omitempty" help:"the switch's PostgreSQL; with a password in it, file:PATH or env:NAME"`
	NATSURL     Address `yaml:"nats_url,omitempty" help:"its NATS with JetStream"`
	NATSCreds   string  `yaml:"nats_creds,omitempty" help:"path of credentials there"`
	APIURL      Address `yaml:"api_url,omitempty" help:"where its API is"`
	Data        string  `yaml:"data,omitempty" help:"its data folder"`
	As          string  `yaml:"as,omitempty" help:"who you are, where something is asked for or decided"`
}

// Contexts are those of one person, in a file that only that person reads.
type Contexts struct {
	Current string             `yaml:"current,omitempty"`
	Named   map[string]Context `yaml:"contexts,omitempty"`
}

// ErrNoContext says that there is no context of a name.
var ErrNoContext = errors.New("settings: no such context")

var contextName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)

// ContextsFile is where they are: contexts.yaml in ayni's folder of the user's configuration.
func ContextsFile() (string, error) {
	config, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("settings: there is no folder for configuration: %w", err)
	}
	return filepath.Join(config, "ayni", "contexts.yaml"), nil
}

// ReadContexts reads a file of contexts; one that is not there has none.
func ReadContexts(file string) (*Contexts, error) {
	c := &Contexts{Named: map[string]Context{}}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	parsed, err := adapters.ParseSettings(text)
	if err == nil {
		err = parsed.Into(c)
	}
	if err != nil {
		return nil, &Error{Place: file, Fault: err.Error()}
	}
	for name := range c.Named {
		if !contextName.MatchString(name) {
			return nil, &Error{Place: file, Name: fmt.Sprintf("%.70q", name), Fault: "cannot name a context"}
		}
	}
	return c, nil
}

// Write replaces the file whole, readable by its owner alone.
func (c *Contexts) Write(file string) error {
	text, err := yaml.Marshal(c)
	if err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	partial := file + ".partial"
	if err := os.WriteFile(partial, text, 0o600); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	if err := errors.Join(os.Chmod(partial, 0o600), os.Rename(partial, file)); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	return nil
}

// Names lists them in order.
func (c *Contexts) Names() []string { return slices.Sorted(maps.Keys(c.Named)) }

// Get finds one; "" is the current one, and none where none is.
func (c *Contexts) Get(name string) (Context, error) {
	if name == "" {
		if name = c.Current; name == "" {
			return Context{}, nil
		}
	}
	found, ok := c.Named[name]
	if !ok {
		return Context{}, fmt.Errorf("%w: %.70q; ayni context list shows them", ErrNoContext, name)
	}
	return found, nil
}

// Set makes a context or changes what is given of it; an empty text takes a setting away. The first is the current one.
func (c *Contexts) Set(name string, given map[string]string) error {
	if !contextName.MatchString(name) {
		return &Error{Place: "context", Name: fmt.Sprintf("%.70q", name), Fault: "cannot name one: small letters, digits, and . _ - between"}
	}
	changed := c.Named[name]
	for _, f := range fieldsOf(&changed) {
		text, isGiven := given[f.name]
		if !isGiven {
			continue
		}
		if err := f.set(f.name, text); err != nil {
			return err
		}
	}
	if c.Current == "" {
		c.Current = name
	}
	c.Named[name] = changed
	return nil
}

// Remove takes a context away.
func (c *Contexts) Remove(name string) error {
	if _, ok := c.Named[name]; !ok {
		return fmt.Errorf("%w: %.70q", ErrNoContext, name)
	}
	delete(c.Named, name)
	if c.Current == name {
		c.Current = ""
	}
	return nil
}

// Values are a context's settings that say something.
func (c Context) Values() (all []Value) {
	for _, f := range fieldsOf(&c) {
		if text := f.text(); text != "" {
			all = append(all, Value{Name: f.name, Text: text, From: f.help})
		}
	}
	return all
}
