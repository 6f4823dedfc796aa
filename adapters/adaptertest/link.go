package adaptertest

import (
	"fmt"
	"os"
)

// Link is where an adapter finds everything. It reaches the process as environment variables.
type Link struct {
	NATSURL     string // AYNI_NATS_URL
	Creds       string // AYNI_NATS_CREDS: a credentials file, "" for none
	Participant string // AYNI_PARTICIPANT
	SeedFile    string // AYNI_SEED_FILE: the seed of its signing key, nkeys user form
	SwitchKey   string // AYNI_SWITCH_KEY: whose signature its messages bear
	RailURL     string // AYNI_RAIL_URL, "" where there is no rail to look into
	Settings    string // AYNI_SETTINGS: the file that says how the rail is spoken to; likewise
	Dir         string // AYNI_DIR: its own, the same in every life
}

const (
	envNATSURL     = "AYNI_NATS_URL"
	envCreds       = "AYNI_NATS_CREDS"
	envParticipant = "AYNI_PARTICIPANT"
	envSeedFile    = "AYNI_SEED_FILE"
	envSwitchKey   = "AYNI_SWITCH_KEY"
	envRailURL     = "AYNI_RAIL_URL"
	envSettings    = "AYNI_SETTINGS"
	envDir         = "AYNI_DIR"
)

// Environ is the link as NAME=value.
func (l Link) Environ() []string {
	return []string{
		envNATSURL + "=" + l.NATSURL, envCreds + "=" + l.Creds, envParticipant + "=" + l.Participant,
		envSeedFile + "=" + l.SeedFile, envSwitchKey + "=" + l.SwitchKey, envRailURL + "=" + l.RailURL,
		envSettings + "=" + l.Settings, envDir + "=" + l.Dir,
	}
}

// LinkFromEnviron reads what Environ wrote.
func LinkFromEnviron() (Link, error) {
	l := Link{
		NATSURL: os.Getenv(envNATSURL), Creds: os.Getenv(envCreds), Participant: os.Getenv(envParticipant),
		SeedFile: os.Getenv(envSeedFile), SwitchKey: os.Getenv(envSwitchKey), RailURL: os.Getenv(envRailURL),
		Settings: os.Getenv(envSettings), Dir: os.Getenv(envDir),
	}
	if l.NATSURL == "" || l.Participant == "" || l.SeedFile == "" || l.SwitchKey == "" || l.Dir == "" {
		return Link{}, fmt.Errorf("adaptertest: the environment has no %s, %s, %s, %s or %s",
			envNATSURL, envParticipant, envSeedFile, envSwitchKey, envDir)
	}
	return l, nil
}

// Listening is what an adapter says on its standard output, as one line of JSON, once it runs: where it can be
// reached. Either may be missing.
type Listening struct {
	Orders    string `json:"orders_url,omitempty"`    // serves what adapters.Runner.Handler does
	Callbacks string `json:"callbacks_url,omitempty"` // serves what adapters.Runner.CallbackHandler does: the rail's, below /rail
}
