package mpesa

import (
	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// readRequest says what a recorded request asks for. Credentials and passwords in it are not repeated.
func readRequest(body []byte, c fx.Currency) adapters.Reading {
	r := adapters.Reading{Kind: kindRequest, About: adapters.AboutRequest, Refused: saysNothing}
	root, err := parse(body, maxCallbackBytes)
	if err != nil {
		return adapters.RefusedReading(kindRequest, err)
	}
	var command, amount, partyB, phone, operation, asked, receipt, reference, account string
	err = root.Fields(map[string]*string{
		"CommandID": &command, "TransactionType": &r.Text, "Amount": &amount, "PartyB": &partyB, "PhoneNumber": &phone,
		"OriginatorConversationID": &operation, "OriginalConversationID": &asked, "TransactionID": &receipt,
		"AccountReference": &reference, "CheckoutRequestID": &account,
	})
	if err != nil {
		return adapters.RefusedReading(kindRequest, err)
	}
	r.Code, r.Text = shortenCode(command), shortenText(r.Text)
	for what, id := range map[string]string{
		"operation": operation, "asked": asked, "rail_ref": receipt, "order": reference, "rail_id": account,
	} {
		r.Name(what, shorten(id, maxRailIDLength))
	}
	if r.Account = phone; phone == "" {
		r.Account = partyB
	}
	r.Account = shorten(r.Account, maxRailIDLength)
	if amount == "" {
		return r
	}
	money, err := parseAmount(amount, c)
	if err != nil {
		return adapters.RefusedReading(kindRequest, err)
	}
	r.Amount = new(messaging.NewAmount(money))
	return r
}
