package console

import (
	"errors"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// batchRow is a batch in a list.
type batchRow struct{ ledger.ListedBatch }

// ReachedBP is how much of its bound a batch's choice reached, in hundredths of a percent.
func (b batchRow) ReachedBP() int64 { return int64(share(b.Clearing.Reached, b.Clearing.Bound)) }

// FIFOBP is what first-in-first-out would have reached of it.
func (b batchRow) FIFOBP() int64 { return int64(share(b.Clearing.FIFO, b.Clearing.Bound)) }

// batchesView is the list of batches.
type batchesView struct {
	List
	Rows []batchRow
}

func (s *Site) batches(v *visit) (view, error) {
	shown := batchesView{List: listOf(v)}
	if v.asCSV() {
		return view{}, s.batchesCSV(v)
	}
	before, err := number64(v.r.URL.Query().Get("after"))
	if err != nil {
		before = 0 // the newest
	}
	all, err := s.Books.ListBatches(v.r.Context(), before, ledger.DefaultPage)
	if err != nil {
		return view{}, err
	}
	for _, b := range all {
		shown.Rows = append(shown.Rows, batchRow{b})
	}
	next := ""
	if n := len(all); n == ledger.DefaultPage {
		next = text64(all[n-1].ID)
	}
	shown.List = shown.paged(v.r.URL.Query().Get("after"), next)
	return view{name: "batches", title: "Batches", at: "Batches", data: &shown}, nil
}

// batchView is one batch.
type batchView struct {
	batchRow
	Story *ledger.BatchStory
}

func (s *Site) batch(v *visit) (view, error) {
	id, err := number64(v.r.PathValue("id"))
	if err != nil {
		return view{}, errNoPage
	}
	story, err := s.Books.BatchStory(v.r.Context(), id)
	if errors.Is(err, ledger.ErrNoBatch) {
		return view{}, errNoPage
	}
	if err != nil {
		return view{}, err
	}
	return view{name: "batch", title: "Batch " + text64(id), at: "Batches", data: &batchView{batchRow{story.ListedBatch}, story}}, nil
}

// windowsView is the list of windows.
type windowsView struct {
	List
	Rows []ledger.ListedWindow
}

func (s *Site) windows(v *visit) (view, error) {
	shown := windowsView{List: listOf(v)}
	if v.asCSV() {
		return view{}, s.windowsCSV(v)
	}
	before, err := number64(v.r.URL.Query().Get("after"))
	if err != nil {
		before = 0 // the newest
	}
	if shown.Rows, err = s.Books.WindowStories(v.r.Context(), settlement.WindowID(before), ledger.DefaultPage); err != nil {
		return view{}, err
	}
	next := ""
	if n := len(shown.Rows); n == ledger.DefaultPage {
		next = text64(int64(shown.Rows[n-1].ID))
	}
	shown.List = shown.paged(v.r.URL.Query().Get("after"), next)
	return view{name: "windows", title: "Settlement windows", at: "Windows", data: &shown}, nil
}
