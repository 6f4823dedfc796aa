package api

import (
	"context"
	"time"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// LogStatus is what is known of the settlement log.
type LogStatus struct {
	Size       string      `json:"size"`
	Batch      string      `json:"batch"`
	At         time.Time   `json:"at,omitzero"`
	Checkpoint string      `json:"checkpoint" doc:"The newest, signed: a C2SP checkpoint."`
	Policy     string      `json:"policy,omitempty" doc:"Of witnesses; none where nothing waits for them."`
	Witnessed  *Witnessed  `json:"witnessed,omitempty"`
	SplitViews []SplitView `json:"split_views" nullable:"false" doc:"Witnesses that know another log. There must be none."`
}

// Witnessed is the newest checkpoint that enough witnesses cosigned.
type Witnessed struct {
	Size string    `json:"size"`
	Note string    `json:"note" doc:"The checkpoint with its cosignatures."`
	At   time.Time `json:"at"`
}

// SplitView is a witness's word that it knows another log.
type SplitView struct {
	Witness   string    `json:"witness"`
	Size      string    `json:"size"`
	Said      string    `json:"said"`
	NoticedAt time.Time `json:"noticed_at"`
}

func (a *API) audits() {
	everybody := everyone()
	everybody.Own = false // the log is for whoever is admitted
	read(a, route{
		id: "get-log", path: "/v1/log", tag: "Audit", need: everybody, summary: "How far the settlement log is, and who vouches for it",
		text: "Its checkpoints, tiles and entries are files at /log/, in the layout of C2SP tlog-tiles, for operators, approvers and auditors.",
	}, func(ctx context.Context, _ *struct{}) (LogStatus, error) {
		s, err := a.books.LogStatus(ctx)
		if err != nil {
			return LogStatus{}, err
		}
		return logStatusOf(s), nil
	})
}

func logStatusOf(s ledger.LogStatus) LogStatus {
	out := LogStatus{
		Size: number(s.Size), Batch: number(s.Batch), At: s.At, Checkpoint: s.Checkpoint, Policy: s.Policy,
		SplitViews: each(s.SplitViews, func(v ledger.SplitView) SplitView {
			return SplitView{Witness: v.Witness, Size: number(v.Size), Said: v.Said, NoticedAt: v.NoticedAt.UTC()}
		}),
	}
	if s.Witnessed.Note != "" {
		out.Witnessed = &Witnessed{Size: number(s.Witnessed.Size), Note: s.Witnessed.Note, At: s.Witnessed.At}
	}
	return out
}
