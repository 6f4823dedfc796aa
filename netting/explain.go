package netting

// Wait is one reason why an obligation does not clear: a limit that it draws on and that cannot cover it.
type Wait struct {
	Limit      int32 // an account, or behind the accounts the pool of a currency: see Selection.Price
	ShortMinor int64 // minor units that the limit lacks, beyond what the choice leaves of it
}

// Explain tells why obligation i waits: every limit that it draws on, its debtor first, and that cannot
// cover it beside what is chosen. Nothing is short for a chosen obligation, for one that first-in-first-out
// holds back behind an older one, and for a conversion for which the provider would cost more than it is
// worth. The input must be one that Select took, and the choice its answer.
func Explain(book *Book, obligations []Obligation, chosen []bool, i int) []Wait {
	if chosen[i] {
		return nil
	}
	return book.Waits(book.Left(obligations, chosen), &obligations[i])
}

// Left is what a choice leaves of every limit, in minor units: accounts first, then pools. It makes many
// explanations out of one look at the obligations.
func (b *Book) Left(obligations []Obligation, chosen []bool) []int64 {
	left := b.headroom()
	for i := range obligations {
		if chosen[i] {
			b.move(left, &obligations[i], 1)
		}
	}
	return left
}

// Waits is Explain for an obligation that is not chosen, given what Left says.
func (b *Book) Waits(left []int64, o *Obligation) []Wait {
	var waits []Wait
	draw := func(limit int32, minor int64) {
		if short := minor - left[limit]; short > 0 {
			waits = append(waits, Wait{Limit: limit, ShortMinor: short})
		}
	}
	draw(o.Debtor, o.Debit+o.Fee)
	if b.converts(o) {
		_, out := b.poolsOf(o)
		draw(out, o.Credit)
	}
	return waits
}
