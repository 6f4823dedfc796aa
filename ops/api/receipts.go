package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit"
)

// Receipts proves what became of transfers. *audit.Evidence of ops/audit is one.
type Receipts interface {
	Receipt(ctx context.Context, transfer settlement.TransferID) (*audit.Receipt, error)
}

// Receipt is what proves a transfer's steps offline, as settlement/audit has it: here for the document, where numbers are
// texts, as in its bytes.
type Receipt struct {
	Checkpoint  string        `json:"checkpoint" doc:"Signed by the log: a C2SP checkpoint."`
	Intent      string        `json:"intent" doc:"The sender's id."`
	Open        string        `json:"open" doc:"The intent as it was signed, without personal data."`
	Participant string        `json:"participant" doc:"The sender."`
	Steps       []ReceiptStep `json:"steps" nullable:"false" doc:"In the order of the log."`
	Transfer    string        `json:"transfer" example:"T0123456789ABC"`
	Version     string        `json:"version" enum:"1"`
}

// ReceiptStep is one line of what a batch did, proved to be in the batch's entry, and that in the log.
type ReceiptStep struct {
	Entry   string   `json:"entry" doc:"The batch's, to the byte."`
	Index   string   `json:"index" doc:"Of the entry in the log."`
	Line    string   `json:"line" example:"state T0123456789ABC paid -"`
	LogPath []string `json:"log_path" nullable:"false" doc:"From the entry up to the checkpoint's root: SHA-256 in base64."`
	Path    []string `json:"path" nullable:"false" doc:"From the line up to the root of the entry's steps."`
	Place   string   `json:"place" doc:"Of the line among the batch's steps."`
}

func (a *API) receiptsOfTransfers() {
	r := route{
		id: "get-receipt", method: http.MethodGet, path: "/v1/transfers/{id}/receipt", tag: "Transfers", need: everyone(), summary: "The receipt of a transfer",
		text: "Proves by the log's key alone what became of the transfer, up to the newest checkpoint: keep its bytes as they are. " +
			"ayni audit check-receipt holds them against the key. A return is in the receipt of what it sends back.",
	}
	op := r.operation()
	op.Responses["200"] = &huma.Response{Description: "Canonical JSON and a line feed", Content: map[string]*huma.MediaType{
		"application/json": {Schema: schema[Receipt](a)},
	}}
	huma.Register(a.huma, op, func(ctx context.Context, in *TransferPath) (*huma.StreamResponse, error) {
		text, err := a.receipt(ctx, in.ID)
		if err != nil {
			return nil, a.tell(ctx, r.id, err)
		}
		return &huma.StreamResponse{Body: func(w huma.Context) {
			w.SetHeader("Content-Type", "application/json")
			w.SetHeader("Content-Disposition", `attachment; filename="receipt-`+in.ID+`.json"`)
			if _, err := w.BodyWriter().Write(text); err != nil {
				a.log.Warn("a receipt was not sent", "error", err)
			}
		}}, nil
	})
}

// receipt is the text of a transfer's, for whoever may see the transfer.
func (a *API) receipt(ctx context.Context, id string) ([]byte, error) {
	story, err := a.transfer(ctx, id)
	if err != nil {
		return nil, err
	}
	receipt, err := a.evidence.Receipt(ctx, story.ID)
	if err != nil {
		return nil, err
	}
	return receipt.Text()
}
