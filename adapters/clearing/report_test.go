package clearing_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/clearing"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

func TestEvidenceOfReports(t *testing.T) {
	for _, c := range []struct {
		status    iso20022.Status
		reason    string
		origin    adapters.Origin
		state     adapters.State
		mapped    string
		retrySafe bool
	}{
		{iso20022.AcceptedSettled, "", adapters.FromResponse, adapters.Settled, "", false},
		{iso20022.AcceptedCreditor, "", adapters.FromCallback, adapters.Settled, "", false},
		{iso20022.AcceptedInProgress, "", adapters.FromResponse, adapters.Accepted, "", false},
		{iso20022.Pending, "", adapters.FromResponse, adapters.Unknown, "", false},
		{"ACWC", "", adapters.FromResponse, adapters.Unknown, "", false},
		{"CANC", "", adapters.FromQuery, adapters.Unknown, "", false},
		{iso20022.Rejected, "AC03", adapters.FromResponse, adapters.Failed, "AC03", false},
		{iso20022.Rejected, "AB08", adapters.FromCallback, adapters.Failed, "AB08", false},
		{iso20022.Rejected, "E999", adapters.FromResponse, adapters.Unknown, "", false},
		{iso20022.Rejected, "", adapters.FromResponse, adapters.Unknown, "", false},
		{iso20022.Rejected, "E999", adapters.FromCallback, adapters.Unknown, "", false},
		{iso20022.Rejected, "E999", adapters.FromQuery, adapters.Failed, "NARR", false},
		{iso20022.Rejected, "", adapters.FromQuery, adapters.Failed, "NARR", false},
		{iso20022.Rejected, "AB05", adapters.FromResponse, adapters.Unknown, "", false},
		{iso20022.Rejected, "AB01", adapters.FromCallback, adapters.Unknown, "", false},
		{iso20022.Rejected, "AB05", adapters.FromQuery, adapters.Failed, "AB05", false},
		{iso20022.Rejected, "DUPL", adapters.FromResponse, adapters.Unknown, "", false},
		{iso20022.Rejected, "AM05", adapters.FromQuery, adapters.Unknown, "", false},
		{iso20022.Rejected, "NOOR", adapters.FromQuery, adapters.Unknown, "", true},
		{iso20022.Rejected, "NOOR", adapters.FromCallback, adapters.Unknown, "", false},
	} {
		e := clearing.Evidence(iso20022.StatusReport{Status: c.status, Reason: c.reason, ServicerRef: "BANK1"}, c.origin)
		assert.Equal(t, c.state, e.State, "%+v", c)
		assert.Equal(t, c.mapped, e.Reason, "%+v", c)
		assert.Equal(t, c.retrySafe, e.RetrySafe, "%+v", c)
		assert.Equal(t, c.state == adapters.Unknown, e.Err != nil, "%+v", c)
	}
}

// TestReportsOfAnotherPayment: one id that is another's is enough to make a report another's.
func TestReportsOfAnotherPayment(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		own, other := clearing.PaymentID("T42P"), clearing.PaymentID("T43P")
		report := iso20022.StatusReport{}
		mixed, named := false, false
		for _, id := range []struct {
			into       *string
			own, other string
			names      bool
		}{
			{&report.OriginalMsgID, "T42P", "T43P", true},
			{&report.ID.TxID, own.TxID, other.TxID, true},
			{&report.ID.InstrID, own.InstrID, other.InstrID, false},
			{&report.ID.EndToEndID, own.EndToEndID, other.EndToEndID, false},
			{&report.ID.UETR, own.UETR, other.UETR, false},
		} {
			switch rapid.IntRange(0, 2).Draw(t, "id") {
			case 1:
				*id.into, named = id.own, named || id.names
			case 2:
				*id.into, mixed = id.other, true
			}
		}
		assert.Equal(t, named && !mixed, clearing.About(report, "T42P"))
		if named && !mixed {
			operation, err := clearing.OperationOf(report)
			assert.NoError(t, err)
			assert.Equal(t, "T42P", operation)
		}
	})
}
