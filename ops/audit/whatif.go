package audit

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/ayni-switch/ayni/netting"
	"github.com/ayni-switch/ayni/settlement/audit/whatif"
)

// errNoRules says that nothing was asked to be otherwise.
var errNoRules = errors.New("audit: neither caps nor a tier: nothing would be otherwise")

// WhatIf verifies an export, and clears its history again beside it: under the caps of a file, where one is named, and
// chosen by a tier, where one is. A difference is a *DiffersError, and a file that does not read a *whatif.CapsError.
func WhatIf(ctx context.Context, cfg Config, caps string, tier netting.Tier) (*whatif.Report, error) {
	rules := whatif.Rules{Tier: tier}
	switch tier {
	case "":
		if caps == "" {
			return nil, errNoRules
		}
	case netting.TierA, netting.TierB, netting.TierC:
	default:
		return nil, fmt.Errorf("audit: no tier %.20q: A, B or C", tier)
	}
	if caps != "" {
		if err := readCaps(&rules, caps); err != nil {
			return nil, err
		}
	}
	other, err := whatif.New(rules)
	if err != nil {
		return nil, err
	}
	if err := replayed(ctx, cfg, other.Step); err != nil {
		return nil, err
	}
	return other.Report(), nil
}

func readCaps(rules *whatif.Rules, file string) (err error) {
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("audit: caps: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return rules.ReadCaps(f)
}
