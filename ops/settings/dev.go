package settings

// Dev configures `ayni dev`: everything in one process.
type Dev struct {
	Data             string  `yaml:"data" help:"folder that holds everything; \"\" for /var/lib/ayni of root, else ~/.local/share/ayni"`
	DatabaseURL      Address `yaml:"database_url" help:"use this PostgreSQL instead of a private one"`
	NATSURL          Address `yaml:"nats_url" help:"use this NATS with JetStream instead of the embedded one"`
	NATSCreds        string  `yaml:"nats_creds" help:"path of credentials for nats_url"`
	Transfers        int     `yaml:"transfers" help:"how many transfers the day has"`
	Seed             uint64  `yaml:"seed" help:"the same seed is the same day"`
	ProductionTimers bool    `yaml:"production_timers" help:"let rails wait as in production (UPI: 90 s before its first status query)"`
	Telemetry        `yaml:",inline"`
}

// DefaultDev is what holds where nothing is said.
func DefaultDev() Dev {
	return Dev{Transfers: 20_000, Seed: 1, Telemetry: DefaultTelemetry("error", "text")}
}
