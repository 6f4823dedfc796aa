package store

import (
	"context"
	"embed"

	"github.com/ayni-switch/ayni/ops/schema"
)

//go:embed migrations/*.sql
var migrations embed.FS

// access is where all of it is kept.
func access() schema.Schema {
	return schema.Schema{Name: "access", Owner: "ayni_access_owner", Role: "ayni_access", Migrations: migrations}
}

// Migrate brings the schema in the database at url to this version's, and makes schema and roles where there are none.
// The user of url must be allowed to; nothing that runs afterwards needs that right.
func Migrate(ctx context.Context, url string) error { return access().Migrate(ctx, url) }
