package netting

// Net returns what the chosen obligations leave on each of the accounts, in minor units of the
// account's currency: net is what it receives less what it pays, gross is what it pays. An account
// receives net + gross, and without netting it needs gross where with netting it needs -net.
// Obligations that are not chosen are checked, not counted. Errors are *InputError.
func Net(accounts int, obligations []Obligation, chosen []bool) (net, gross []int64, err error) {
	if accounts < 0 {
		return nil, nil, &InputError{Fault: FaultLength, Index: accounts}
	}
	if len(chosen) != len(obligations) {
		return nil, nil, &InputError{Fault: FaultLength, Index: len(chosen)}
	}
	sums := flows{in: make([]int64, accounts), out: make([]int64, accounts)}
	for i := range obligations {
		o := &obligations[i]
		if fault := o.check(accounts); fault != "" {
			return nil, nil, &InputError{Fault: fault, Index: i}
		}
		if chosen[i] && !sums.add(o) {
			return nil, nil, &InputError{Fault: FaultOverflow, Index: i}
		}
	}
	net, gross = sums.in, sums.out
	for account := range net {
		net[account] -= gross[account] // both in [0, MaxInt64], so the difference fits
	}
	return net, gross, nil
}
