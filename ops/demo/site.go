package demo

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/pool"
)

// openSite serves the pages and API of poolName on a port of this machine, and writes the key of each of its people into
// a file for the command line. It says where, with a link for each that signs it in once.
func (s *stage) openSite() (string, error) {
	on, err := s.listen()
	if err != nil {
		return "", err
	}
	origin := "http://" + on.Addr().String()
	dir := filepath.Join(s.servers.Dir, "pools", poolName)
	site, err := pool.NewSite(s.pools[poolName], filepath.Join(dir, "public"), origin, time.Local, s.log)
	if err != nil {
		return "", err
	}
	s.group.Go(func() error { return site.Run(s.ctx, on) })
	var told strings.Builder
	fmt.Fprintf(&told, "%s (pages, /api/, /log/)", origin)
	for i := range communityOf(poolName).people {
		file := filepath.Join(dir, memberName(i)+".key")
		key, err := pool.KeyFileOf(s.keys.device(poolName, i), origin, messaging.Party{Name: memberName(i)}, "")
		if err == nil {
			err = key.Write(file)
		}
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&told, "\n    %s       %s, once, within ten minutes; or ayni pool overview --device %s", memberName(i), site.Pages.Link(memberName(i)), file)
	}
	return told.String(), nil
}
