package pgtest_test

import (
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

func TestEveryTestGetsItsOwnEmptyDatabase(t *testing.T) {
	for range 3 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			conn, err := pgx.Connect(ctx, pgtest.New(t))
			require.NoError(t, err)
			defer func() { require.NoError(t, conn.Close(ctx)) }()
			_, err = conn.Exec(ctx, "CREATE TABLE here (id bigint PRIMARY KEY)")
			require.NoError(t, err, "another test's table is in the way")
		})
	}
}
