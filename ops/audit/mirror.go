package audit

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/audit/verify"
)

// Limits of a mirror's client, beside those that audit.Mirror has on every file.
const (
	beginTime       = 30 * time.Second // until a server begins to answer
	connectionsKept = 8                // as many as are fetched at a time
)

// Mirror brings a folder to the newest checkpoint of the export that is served at an address, by the log's verifier
// key. Its errors are those of audit.Mirror; the folder is then what it was. What it fetched is the log's, but
// whether the log is right only Verify tells. Of a pool's log it has the lines that are shown when it fetches their entry:
// for what is shown since, begin with an empty folder.
func Mirror(ctx context.Context, address, dir, key string) (audit.Checkpoint, error) {
	base, err := url.Parse(address)
	if err != nil {
		return audit.Checkpoint{}, fmt.Errorf("audit: mirror: %w", err)
	}
	if base.Scheme != "http" && base.Scheme != "https" || base.Host == "" || base.RawQuery != "" || base.Fragment != "" {
		return audit.Checkpoint{}, fmt.Errorf("audit: mirror: %.200q is no address of an export (https://HOST/PATH)", address)
	}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, ResponseHeaderTimeout: beginTime, TLSHandshakeTimeout: beginTime,
		MaxIdleConnsPerHost: connectionsKept,
	}
	defer transport.CloseIdleConnections()
	m := audit.Mirror{Base: strings.TrimRight(address, "/"), Key: key, Client: &http.Client{Transport: transport}, Names: names, Withholds: isPools}
	return m.Fetch(ctx, dir)
}

// names are the blobs that an entry names, of a switch's log or of a pool's.
func names(entry []byte) ([][sha256.Size]byte, error) {
	if lines, err := diary.Names(entry); err == nil {
		return lines, nil
	}
	return verify.Names(entry)
}

// isPools tells whether an entry is of a pool's log, whose lines are not for everybody.
func isPools(entry []byte) bool {
	_, err := diary.ParseEntry(entry)
	return err == nil
}
