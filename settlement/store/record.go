package store

import (
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
)

// run is a row of transfers with consecutive ids, first and last.
type run [2]int64

// batchRecord is what people look at of a batch's record in the log (settlement/decide writes it).
type batchRecord struct {
	Cleared  []run `json:"cleared"`
	Expired  []run `json:"expired"`
	Outcomes []struct {
		Transfer int64 `json:"transfer"`
	} `json:"outcomes"`
	Messages []recordedMessage `json:"messages"`
	Clearing struct {
		Prices  []recordedPrice `json:"prices"`
		Waiting []recordedLack  `json:"waiting"`
	} `json:"clearing"`
	Windows []struct {
		Window   int64           `json:"window"`
		Residual []recordedTrade `json:"residual"`
	} `json:"windows"`
}

// recordedMessage is a message that brought intents: those accepted have consecutive ids in the order of their places.
type recordedMessage struct {
	Participant int32      `json:"participant"`
	Sequence    int64      `json:"sequence"`
	First       int64      `json:"first"`
	Accepted    [][2]int32 `json:"accepted"` // places, first and last
	Refused     []struct {
		Place int32  `json:"place"`
		Fault string `json:"fault"`
	} `json:"refused"`
}

// moved are the transfers that cleared, expired, or were spoken of by rails.
func (r batchRecord) moved() []int64 {
	ids := []int64{} // never nil, which is no array to the database
	for _, runs := range [][]run{r.Cleared, r.Expired} {
		for _, joined := range runs {
			for id := joined[0]; id <= joined[1]; id++ {
				ids = append(ids, id)
			}
		}
	}
	for _, o := range r.Outcomes {
		ids = append(ids, o.Transfer)
	}
	return ids
}

type recordedPrice struct {
	Account int64 `json:"account"`
	Price   int64 `json:"price"`
}

type recordedLack struct {
	Transfer   int64 `json:"transfer"`
	Account    int64 `json:"account"`
	ShortMinor int64 `json:"short_minor"`
}

type recordedTrade struct {
	Sell      string         `json:"sell"`
	SellMinor int64          `json:"sell_minor"`
	Buy       string         `json:"buy"`
	BuyMinor  int64          `json:"buy_minor"`
	Fills     []recordedFill `json:"fills"`
}

type recordedFill struct {
	Provider  string `json:"provider"`
	Quote     string `json:"quote"`
	SellMinor int64  `json:"sell_minor"`
	BuyMinor  int64  `json:"buy_minor"`
}

// records reads that of a batch; recordOf does of batch $1. Nothing where there is no such batch, or its month is detached.
const (
	records = `SELECT v.body FROM ledger.batch b JOIN ledger.log_entry e ON e.index = b.log_index
		JOIN ledger.log_blob v ON v.batch = b.id AND v.decided_at IN (b.decided_at, 'epoch')
			AND v.hash = decode(convert_from(e.body, 'UTF8')::jsonb->>'record', 'hex')
		WHERE b.id = `
	recordOf = records + `$1`
)

func (r *batchRecord) row(row pgx.Rows) error {
	var body []byte
	if err := row.Scan(&body); err != nil {
		return err
	}
	if err := json.Unmarshal(body, r, json.StringifyNumbers(true)); err != nil {
		return fmt.Errorf("record of a batch: %w", err)
	}
	return nil
}

// choice is the newest batch that had something to choose, 0 before the first, and its record.
type choice struct {
	batch  int64
	record batchRecord
}

// queue asks for it in a turn with others.
func (c *choice) queue(b *pgx.Batch) {
	const newest = `(SELECT id FROM ledger.batch WHERE tier <> '' ORDER BY id DESC LIMIT 1)`
	queue(b, `SELECT id FROM ledger.batch WHERE id = `+newest, func(row pgx.Rows) error { return row.Scan(&c.batch) })
	queue(b, records+newest, c.record.row)
}
