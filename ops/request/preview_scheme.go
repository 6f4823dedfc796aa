package request

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// look compares a command that is about a transfer, a window or the rates with what the ledger says of them.
func (v *view) look(ctx context.Context, books Books, c Command) error {
	switch c.Kind {
	case settlement.CommandHold:
		return looked(c, func(h settlement.Hold) error { return v.transfer(ctx, books, h.Transfer, "held") })
	case settlement.CommandRelease:
		return looked(c, func(r settlement.Verdict) error { return v.transfer(ctx, books, r.Transfer, "waiting to clear") })
	case settlement.CommandRefuse:
		return looked(c, func(r settlement.Verdict) error { return v.transfer(ctx, books, r.Transfer, "refused") })
	case settlement.CommandCloseWindow:
		return looked(c, func(w settlement.CloseWindow) error { return v.closing(ctx, books, w) })
	case settlement.CommandResettle:
		return looked(c, func(w settlement.Resettle) error { return v.resettling(ctx, books, w.Window) })
	case settlement.CommandRates:
		return looked(c, func(r settlement.Rates) error { return v.rates(ctx, books, r) })
	default:
		return nil
	}
}

// looked has a body looked at. What does not read changes nothing, here as in the engine.
func looked[T any](c Command, look func(T) error) error {
	var body T
	if json.Unmarshal(c.Body, &body) == nil {
		return look(body)
	}
	return nil
}

// transfer shows where a transfer is, and where it would be.
func (v *view) transfer(ctx context.Context, books Books, id, then string) error {
	of, err := settlement.ParseTransferID(id)
	if err != nil {
		return fmt.Errorf("request: preview: %w", err)
	}
	story, err := books.Transfer(ctx, of)
	if errors.Is(err, ledger.ErrNoTransfer) {
		v.warn("no transfer %s", id)
		return nil
	}
	if err != nil {
		return err
	}
	v.seen.Affects = []string{story.Debtor, story.Creditor}
	now, held := string(story.State), story.Waits != nil && story.Waits.Cause == ledger.WaitHeld
	switch {
	case held:
		now = "held"
	case story.Waits != nil:
		now = "waiting to clear"
	}
	v.change("transfer of "+story.Source.String(), now, then)
	switch {
	case story.Waits == nil:
		v.warn("it is %s already, and waits no more", story.State)
	case then == "held" && held:
		v.warn("it is held already")
	case then != "held" && !held:
		v.warn("nobody holds it")
	}
	return nil
}

// closing shows the window that would close.
func (v *view) closing(ctx context.Context, books Books, c settlement.CloseWindow) error {
	group := c.Group
	if group == "" {
		group = settlement.DefaultGroup
	}
	newest, err := books.WindowStories(ctx, 0, ledger.MaxPage)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(newest, func(w ledger.ListedWindow) bool { return w.Group == group && w.State == settlement.WindowOpen })
	if at < 0 {
		v.warn("no window of group %s is open", group)
		return nil
	}
	w := newest[at]
	v.change(fmt.Sprintf("window %d", w.ID), string(settlement.WindowOpen), string(settlement.WindowClosed))
	v.change("batches in it", fmt.Sprintf("%d to %d", w.Batches.First, w.Batches.Last), "these, and those until it closes")
	return nil
}

func (v *view) resettling(ctx context.Context, books Books, id settlement.WindowID) error {
	found, err := books.WindowStories(ctx, id+1, 1)
	if err != nil {
		return err
	}
	if len(found) == 0 || found[0].ID != id {
		v.warn("no window %d", id)
		return nil
	}
	v.change(fmt.Sprintf("window %d", id), string(found[0].State), string(settlement.WindowSettled))
	if found[0].State != settlement.WindowFailed {
		v.warn("it has not failed: it is %s", found[0].State)
	}
	return nil
}

// rates shows the sheet that would take another's place.
func (v *view) rates(ctx context.Context, books Books, r settlement.Rates) error {
	now, err := books.Rates(ctx)
	if err != nil {
		return err
	}
	signed, err := fx.ParseSignedSheet([]byte(r.Signed))
	if err != nil {
		return fmt.Errorf("request: preview: %w", err)
	}
	before := "none"
	if now.Sheet.Serial > 0 {
		before = fmt.Sprintf("%d, until %s", now.Sheet.Serial, moment(now.Sheet.Until))
	}
	v.change("rate sheet", before, fmt.Sprintf("%d, until %s", signed.Sheet.Serial, moment(signed.Sheet.Until)))
	if now.Sheet.Serial > 0 && signed.Sheet.Serial <= now.Sheet.Serial {
		v.warn("sheet %d is not newer than the one in force", signed.Sheet.Serial)
	}
	if now.Needed > 0 && len(signed.Signatures) < now.Needed {
		v.warn("%d signed it, and %d have to", len(signed.Signatures), now.Needed)
	}
	return nil
}

func (v *view) rotate(r settlement.RotateKey) {
	v.change("signing key", v.of.SigningKey, r.SigningKey)
	if r.SigningKey == v.of.SigningKey {
		v.warn("that is its key already")
	} else {
		v.warn("what it sends under the key of before is refused from the next batch on")
	}
}

func (v *view) guarantee(g settlement.Guarantee) {
	v.seen.Affects = append(v.seen.Affects, g.Guarantor)
	s := v.standing(g.Currency)
	v.change("behind its credit line", money(s.GuaranteedMinor, g.Currency)+" by all guarantors",
		fmt.Sprintf("%s by %s, and what others give", money(g.AmountMinor, g.Currency), g.Guarantor))
	if g.AmountMinor == 0 && s.GuaranteedMinor == 0 {
		v.warn("nobody stands behind %s in %s", v.of.Name, g.Currency)
	}
}

func (v *view) recover(r settlement.Recover) {
	s := v.standing(r.Currency)
	v.changeMoney("claims", s.ClaimsMinor, min(0, s.ClaimsMinor+r.AmountMinor), r.Currency)
	if -s.ClaimsMinor < r.AmountMinor {
		v.warn("%s owes %s from defaults", v.of.Name, money(max(0, -s.ClaimsMinor), r.Currency))
	}
}
