package audit

import (
	"context"
	"net/http"
	"os"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/audit/witness"
)

// hearTime bounds how long one place may take to say what it heard.
const hearTime = 30 * time.Second

// Gossip tells whether checkpoints of logs' keys, from files and addresses, are of one history. An export, "" for
// none, proves those of different sizes. The error is a *witness.SplitViewError, which is the evidence, where they are of
// two; a *witness.HeardError where a place has no checkpoint of the log.
func Gossip(ctx context.Context, vkeys, places []string, export string) (witness.History, error) {
	logs, err := witness.ParseLogs(vkeys...)
	if err != nil {
		return witness.History{}, err
	}
	var hashes tlog.HashReader
	if export != "" {
		x, err := audit.OpenExport(os.DirFS(export), audit.Trust{Receipts: anyReceipt})
		if err != nil {
			return witness.History{}, err
		}
		hashes = x.Hashes()
		places = append(places, export+"/checkpoint")
	}
	client := &http.Client{Timeout: hearTime}
	var heard []witness.Heard
	for _, place := range places {
		h, err := witness.Listen(ctx, client, place)
		if err != nil {
			return witness.History{}, err
		}
		heard = append(heard, h)
	}
	return witness.OneHistory(logs, heard, hashes)
}
