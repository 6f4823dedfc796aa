package gcash

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/ayni-switch/ayni/adapters"
)

var _ adapters.Prompter = (*Rail)(nil)

// promptRefusals are the refusals of a pay call that end it: the customer was not asked, and will not be under this
// order's reference unless it is called again. REPEAT_REQ_INCONSISTENT is none of them: it says that the reference was
// asked for before, otherwise.
var promptRefusals = map[string]bool{
	"PROCESS_FAIL": true, "PARAM_ILLEGAL": true, "ORDER_IS_CLOSED": true, "CURRENCY_NOT_SUPPORT": true,
	"PAYMENT_AMOUNT_EXCEED_LIMIT": true, "USER_AMOUNT_EXCEED_LIMIT": true, "USER_BALANCE_NOT_ENOUGH": true,
	"USER_STATUS_ABNORMAL": true, "USER_NOT_EXIST": true, "PARTNER_STATUS_ABNORMAL": true, "RISK_REJECT": true,
}

// maxTitle and maxRedirectURL bound what the customer sees and where the customer is sent.
const (
	maxTitle       = 256
	maxRedirectURL = 2048
)

// Prompt implements adapters.Prompter: pay, under the order's reference, which the wallet takes once. With result A the
// customer goes on at the wallet's cashier page; with S the order is paid already, and the payment goes the way of all
// payments; on U an inquiry decides.
func (r *Rail) Prompt(ctx context.Context, o adapters.Order) adapters.Prompted {
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Timers.SubmitTimeout)
	defer cancel()
	answer, err := callWallet[PayResponse](ctx, r, PathPay, r.payRequest(o))
	if err != nil {
		return adapters.Prompted{State: adapters.Unknown, Err: fmt.Errorf("order %s: %w", o.Ref, err)}
	}
	p, c := promptAnswered(answer, r.cfg.Wallet.AppScheme)
	if answer.Result.ResultStatus == ResultUnknown && !gateCodes[p.Code] {
		if asked, found, err := r.Collection(ctx, o); err == nil && found {
			p.State, p.Err, p.RailID, c = adapters.Accepted, nil, asked.RailRef, &asked
		}
	}
	if c != nil {
		c.OrderRef = o.Ref
		if err := r.sink.Collected(ctx, *c); err != nil { // the order is asked about anyway
			p.State, p.Err = adapters.Unknown, fmt.Errorf("order %s: %w", o.Ref, err)
		}
	}
	return p
}

func (r *Rail) payRequest(o adapters.Order) PayRequest {
	request := PayRequest{
		PartnerID: r.cfg.Wallet.PartnerID, AppID: r.cfg.Wallet.AppID, ProductCode: r.cfg.Wallet.ProductCode,
		PaymentRequestID: o.Ref, PaymentOrderTitle: title(o), PaymentAmount: NewAmount(o.Source),
		PaymentFactor: PaymentFactor{IsCashierPayment: true}, PaymentReturnURL: r.cfg.Wallet.ReturnURL,
		PaymentNotifyURL: r.cfg.CallbackBaseURL + r.cfg.CallbackPrefix + PathNotifyPayment,
	}
	if !o.Deadline.IsZero() {
		request.PaymentExpiryTime = o.Deadline.UTC().Format(time.RFC3339)
	}
	return request
}

// title is what the customer reads: the order's reference comes first, to find it by.
func title(o adapters.Order) string {
	text := []rune(o.Ref)
	if o.Reference != "" {
		text = append(text, []rune(": "+o.Reference)...)
	}
	return string(text[:min(len(text), maxTitle)])
}

// promptAnswered maps the answer to a pay call. c is the payment, where there is one already; the answer does not say for
// which order. appScheme is WalletConfig.AppScheme.
func promptAnswered(answer PayResponse, appScheme string) (p adapters.Prompted, c *adapters.Collection) {
	p = adapters.Prompted{
		State: adapters.Unknown, Code: answer.Result.ResultCode, Text: answer.Result.ResultMessage,
	}
	fail := func(err error) (adapters.Prompted, *adapters.Collection) {
		p.Err = fmt.Errorf("gcash: pay: result %s %s: %w", answer.Result.ResultStatus, p.Code, err)
		return p, nil
	}
	switch answer.Result.ResultStatus {
	case ResultSuccess:
		made, err := paid(answer.PaymentID, answer.PaymentAmount, answer.CustomerID, adapters.FromResponse)
		if err != nil {
			return fail(err)
		}
		p.State, p.RailID = adapters.Accepted, made.RailRef
		return p, &made
	case ResultAction:
		if err := checkRedirect(answer.RedirectActionForm.RedirectURL, appScheme); err != nil {
			return fail(err)
		}
		if len(answer.PaymentID) > maxIDLength {
			return fail(errors.New("bad paymentId"))
		}
		p.State, p.RailID, p.Action = adapters.Accepted, answer.PaymentID, answer.RedirectActionForm.RedirectURL
		return p, nil
	case ResultFail:
		if promptRefusals[p.Code] || gateCodes[p.Code] {
			p.State = adapters.Failed
			return p, nil
		}
	case ResultUnknown: // an inquiry decides
	}
	return fail(errors.New("whether the customer was asked is not known"))
}

// checkRedirect lets a customer be sent to a page or to the wallet's own app, and nowhere else: the link ends up in an
// operator's app, where another scheme could do anything.
func checkRedirect(link, appScheme string) error {
	u, err := url.Parse(link)
	switch {
	case err != nil || len(link) > maxRedirectURL || u.Host == "":
		return errors.New("bad redirectUrl")
	case u.Scheme != "https" && u.Scheme != "http" && (appScheme == "" || u.Scheme != appScheme):
		return errors.New("redirectUrl of another scheme")
	}
	return nil
}
