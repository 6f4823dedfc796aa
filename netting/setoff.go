package netting

// Debt is what one participant owes another in one unit, in minor units.
type Debt struct {
	Debtor, Creditor int32 // participants; a debt to oneself discharges itself
	AmountMinor      int64 // positive
}

// Cleared is the outcome of a set-off.
type Cleared struct {
	AmountMinor []int64 // per debt: what of it is discharged; older debts of a pair first
	TotalMinor  int64   // of AmountMinor
	GrossMinor  int64   // of all debts
	DrawnMinor  []int64 // per participant: what it discharges beyond what it is discharged of; sums to zero
	Iterations  int64
}

// SetOff discharges as much debt as possible such that every participant's net position stays what it was:
// counterparties are kept, and nobody needs money (the multilateral trade credit set-off of Fleischman, Dini
// & Littera 2020). It is the optimum, found as the flow of least cost in what stays owed: the positions that
// remain have to be carried by debts, and by as few of them as possible.
//
// creditMinor, nil or one limit per participant, lets each discharge so much more than others discharge to
// it: the network's credit lines as liquidity (Fleischman & Dini 2021). Errors are *InputError.
func SetOff(participants int, debts []Debt, creditMinor []int64) (Cleared, error) {
	return SetOffWithin(participants, debts, creditMinor, nil)
}

// SetOffWithin is SetOff where others may also discharge only so much more to a participant than it discharges:
// holdMinor, nil or one limit per participant, bounds what each comes to hold in the place of what it was owed.
// Without creditMinor there is nothing to hold. Errors are *InputError.
func SetOffWithin(participants int, debts []Debt, creditMinor, holdMinor []int64) (Cleared, error) {
	if err := checkDebts(participants, debts, creditMinor, holdMinor); err != nil {
		return Cleared{}, err
	}
	b := owing(participants, debts)
	all, of := b.pairsOf(0)
	n := network{arcs: make([]edge, 0, len(all)+2*len(creditMinor)), supply: make([]int64, participants, participants+1)}
	for _, p := range all {
		n.supply[p.debtor] += p.value
		n.supply[p.creditor] -= p.value
		n.add(p.debtor, p.creditor, p.value, 1)
	}
	if creditMinor != nil {
		source := int32(participants)
		n.supply = append(n.supply, 0)
		for p, limit := range creditMinor {
			if limit > 0 {
				n.add(int32(p), source, limit, 0)
			}
			if holdMinor == nil {
				n.add(source, int32(p), maxWeighted, 0)
			} else if hold := min(holdMinor[p], maxWeighted); hold > 0 {
				n.add(source, int32(p), hold, 0)
			}
		}
	}
	s, _ := n.byPhases(unlimited)   // costs are one, so paths are never too long, and it ends in the optimum
	left := make([]int64, len(all)) // per pair: what need not stay owed, and is not yet given to a debt
	for at, p := range all {
		left[at] = p.value - s.flow[at]
	}
	c := Cleared{AmountMinor: make([]int64, len(debts)), DrawnMinor: make([]int64, participants), Iterations: s.iterations}
	for i, place := range b.place {
		d := &debts[place]
		amount := min(d.AmountMinor, left[of[i]])
		left[of[i]] -= amount
		c.AmountMinor[place] = amount
		c.TotalMinor += amount
		c.GrossMinor += d.AmountMinor
		c.DrawnMinor[d.Debtor] += amount
		c.DrawnMinor[d.Creditor] -= amount
	}
	return c, nil
}

// owing groups debts by debtor.
func owing(participants int, debts []Debt) *batch {
	b := &batch{book: &Book{Currency: make([]int32, participants)}}
	obligations, counts := make([]Obligation, len(debts)), make([]int32, participants)
	for i, d := range debts {
		obligations[i] = Obligation{Debtor: d.Debtor, Creditor: d.Creditor, Debit: d.AmountMinor, Weight: 1}
		counts[d.Debtor]++
	}
	b.obligations, b.place, b.first = byDebtor(obligations, counts, []int32{0})
	return b
}

func checkDebts(participants int, debts []Debt, creditMinor, holdMinor []int64) error {
	if participants < 0 || participants > MaxAccounts || len(debts) > MaxObligations ||
		creditMinor != nil && len(creditMinor) != participants || holdMinor != nil && len(holdMinor) != participants {
		return &InputError{Fault: FaultLength, Index: participants}
	}
	gross := int64(0)
	for i, d := range debts {
		fault := InputFault("")
		switch {
		case uint(d.Debtor) >= uint(participants) || uint(d.Creditor) >= uint(participants):
			fault = FaultAccount
		case d.AmountMinor <= 0:
			fault = FaultAmount
		case !addTo(&gross, d.AmountMinor) || gross > maxWeighted:
			fault = FaultOverflow
		}
		if fault != "" {
			return &InputError{Fault: fault, Index: i}
		}
	}
	for _, limits := range [][]int64{creditMinor, holdMinor} {
		for p, limit := range limits {
			if limit < 0 {
				return &InputError{Fault: FaultLiquidity, Index: p}
			}
		}
	}
	return nil
}
