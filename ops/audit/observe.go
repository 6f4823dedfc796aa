package audit

import (
	"context"

	"github.com/ayni-switch/ayni/settlement/audit/verify"
)

// Observe verifies and replays an export, and shows each batch that holds. The error is a *DiffersError, or
// the observers'.
func Observe(ctx context.Context, cfg Config, observers ...verify.Observer) error {
	export, err := openExport(cfg, nil)
	if err != nil {
		return asDiffers(err)
	}
	log := &exported{export: export}
	_, err = verify.Replay(ctx, log, nil, observers...)
	return asDiffers(first(err, log.findings))
}
