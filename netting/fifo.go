package netting

// Selection is what a choice decided, and for every account what it leaves.
type Selection struct {
	Chosen       []bool  // per obligation
	ClearedCount int     // how many are chosen
	Net          []int64 // per account, minor units: what it receives less what it pays

	// Waiting is, per account, the oldest obligation that draws on it and is not chosen; -1 where none is.
	Waiting []int
	// ShortMinor is, per account, what liquidity and net lack to pay the waiting obligation, in
	// minor units. It is zero where nothing waits, and where the account could pay but the waiting
	// obligation is held up by the other account that it draws on.
	ShortMinor []int64
}

// SelectFIFO chooses from obligations in age order, the oldest first, under the liquidity of each
// account, in minor units of its currency.
//
// An obligation draws on its debtor and, across currencies, on the pool that pays it out. A set of
// obligations is feasible if it
//   - keeps every queue's order: with an obligation it holds every older one that draws on the same account;
//   - passes no account's liquidity: liquidity + in - out >= 0 on each.
//
// The union of two feasible sets is feasible: on each account the draws of one include those of the
// other, so the union pays out what the larger pays out, and receives at least what it receives.
// Therefore one greatest feasible set exists, and that is the choice.
//
// It is reached from the set of all obligations by removing only what no feasible subset of the
// present set can hold: the youngest draw on an account that is short (a subset brings it no
// more, so it must pay out less, and order makes the youngest go first), and whatever is
// younger than a removed obligation on an account that both draw on. Each removal keeps every
// feasible set inside, and the end is feasible, so it is the greatest whatever the order of
// removals. Each obligation is removed at most once: time and space are linear in
// obligations and accounts.
//
// Errors are *InputError. The sums of what goes into (with liquidity) and out of each account over all
// obligations, chosen or not, must fit int64; otherwise FaultOverflow names the first that does not fit.
func SelectFIFO(liquidity []int64, obligations []Obligation) (Selection, error) {
	b, err := newBatch(liquidity, obligations)
	if err != nil {
		return Selection{}, err
	}
	for account := range liquidity {
		b.enqueue(account)
	}
	for b.step() {
	}
	return b.selection(liquidity), nil
}

// batch is the set of chosen obligations while it shrinks.
type batch struct {
	obligations []Obligation
	chosen      []bool
	balance     []int64 // per account: liquidity + in - out of the chosen set; fits, by the check of the sums
	queues      [][]int // per account: the obligations that draw on it, oldest first; the tail is removed
	cut         []int   // per account: obligations from this index on are out of order here
	worklist    []int   // accounts to look at again
	listed      []bool  // per account: is in the worklist
}

// newBatch checks the input and starts from the set of all obligations.
func newBatch(liquidity []int64, obligations []Obligation) (*batch, error) {
	accounts := len(liquidity)
	sums := flows{in: make([]int64, accounts), out: make([]int64, accounts)}
	for account, available := range liquidity {
		if available < 0 {
			return nil, &InputError{Fault: FaultLiquidity, Index: account}
		}
		sums.in[account] = available
	}
	b := &batch{
		obligations: obligations,
		chosen:      make([]bool, len(obligations)),
		balance:     sums.in,
		cut:         make([]int, accounts),
		worklist:    make([]int, 0, accounts),
		listed:      make([]bool, accounts),
	}
	draws := make([]int, accounts)
	for i := range obligations {
		o := &obligations[i]
		if fault := o.check(accounts); fault != "" {
			return nil, &InputError{Fault: fault, Index: i}
		}
		if !sums.add(o) {
			return nil, &InputError{Fault: FaultOverflow, Index: i}
		}
		b.chosen[i] = true
		draws[o.Debtor]++
		if o.converts() {
			draws[o.PoolOut]++
		}
	}
	for account, out := range sums.out {
		b.balance[account] -= out
		b.cut[account] = len(obligations)
	}
	b.queues = queues(obligations, draws)
	return b, nil
}

// queues lists per account, in one block of memory, the obligations that draw on it, oldest first.
func queues(obligations []Obligation, draws []int) [][]int {
	total := 0
	for _, n := range draws {
		total += n
	}
	block := make([]int, total)
	lists := make([][]int, len(draws))
	for account, n := range draws {
		lists[account], block = block[:0:n], block[n:]
	}
	for i := range obligations {
		o := &obligations[i]
		lists[o.Debtor] = append(lists[o.Debtor], i)
		if o.converts() {
			lists[o.PoolOut] = append(lists[o.PoolOut], i)
		}
	}
	return lists
}

func (b *batch) enqueue(account int) {
	if !b.listed[account] {
		b.listed[account] = true
		b.worklist = append(b.worklist, account)
	}
}

// step looks at one listed account and tells whether there was one. Without one the set is settled:
// no account is short and every queue is in order.
func (b *batch) step() bool {
	last := len(b.worklist) - 1
	if last < 0 {
		return false
	}
	account := b.worklist[last]
	b.worklist = b.worklist[:last]
	b.listed[account] = false
	b.shorten(account)
	return true
}

// shorten takes the youngest draws off the account's queue while it is short or out of order.
func (b *batch) shorten(account int) {
	queue := b.queues[account]
	for n := len(queue); n > 0 && (b.balance[account] < 0 || queue[n-1] >= b.cut[account]); n = len(queue) {
		youngest := queue[n-1]
		queue = queue[:n-1]
		if b.chosen[youngest] {
			b.remove(youngest)
		}
	}
	b.queues[account] = queue
}

// remove takes one obligation out of the set and lists every account that this touches.
func (b *batch) remove(i int) {
	o := &b.obligations[i]
	b.chosen[i] = false
	b.draw(o.Debtor, i, o.Debit)
	if o.converts() {
		b.draw(o.PoolOut, i, o.Credit)
		b.unfund(o.PoolIn, o.Debit)
	}
	b.unfund(o.Creditor, o.Credit)
}

// draw gives a removed obligation's draw back to the account and cuts its queue there.
func (b *batch) draw(account, i int, amount int64) {
	b.balance[account] += amount
	b.cut[account] = min(b.cut[account], i)
	b.enqueue(account)
}

// unfund takes from the account what a removed obligation would have brought it.
func (b *batch) unfund(account int, amount int64) {
	b.balance[account] -= amount
	if b.balance[account] < 0 {
		b.enqueue(account)
	}
}

// selection reads the decision off the settled set.
func (b *batch) selection(liquidity []int64) Selection {
	s := Selection{
		Chosen:     b.chosen,
		Net:        make([]int64, len(liquidity)),
		Waiting:    make([]int, len(liquidity)),
		ShortMinor: make([]int64, len(liquidity)),
	}
	for account, balance := range b.balance {
		s.Net[account] = balance - liquidity[account]
		s.Waiting[account] = -1
		// A settled queue was cut at its oldest removed draw, if any.
		if first := b.cut[account]; first < len(b.obligations) {
			s.Waiting[account] = first
			s.ShortMinor[account] = max(0, b.obligations[first].drawOn(account)-balance)
		}
	}
	for _, chosen := range b.chosen {
		if chosen {
			s.ClearedCount++
		}
	}
	return s
}

// drawOn returns what the obligation takes from an account that it draws on, in minor units.
func (o *Obligation) drawOn(account int) int64 {
	if account == o.Debtor {
		return o.Debit
	}
	return o.Credit
}
