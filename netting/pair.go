package netting

import (
	"cmp"
	"slices"
)

// pair is what one account owes another at one weight, all of it together. The relaxation sees pairs only:
// within one, it does not matter which obligation a fraction belongs to.
type pair struct {
	debtor, creditor, weight int32
	value                    int64
}

// noPair is the pair of obligations that are not looked at.
const noPair int32 = -1

// maxTable bounds the table by which a debtor's obligations find their pair.
const maxTable = 1 << 22

// pairsOf aggregates the obligations of a class, and tells per obligation its pair. It goes through debtor by
// debtor, so that what it looks up is one row of the matrix of accounts and stays in the cache.
func (b *batch) pairsOf(class int32) (all []pair, of []int32) {
	of = make([]int32, len(b.obligations))
	rank, weights := b.weights()
	accounts := len(b.book.Currency)
	all = make([]pair, 0, min(len(b.obligations), accounts*accounts*weights)/2)
	if accounts*weights > maxTable {
		return b.pairsSorted(class, of)
	}
	at := make([]int32, accounts*weights) // a pair's number in this row; less than the row's first where there is none
	for debtor := range accounts {
		row := int32(len(all))
		for i := b.first[debtor]; i < b.first[debtor+1]; i++ {
			o := &b.obligations[i]
			if !o.of(class) {
				of[i] = noPair
				continue
			}
			place := &at[int(o.Creditor)*weights+int(rank[o.Weight])]
			if *place <= row {
				all = append(all, pair{o.Debtor, o.Creditor, o.Weight, 0})
				*place = int32(len(all)) // one more than the number, so that zero is none
			}
			of[i] = *place - 1
			all[of[i]].value += b.value(i)
		}
	}
	return all, of
}

// pairsSorted is pairsOf where there are too many weights for a table.
func (b *batch) pairsSorted(class int32, of []int32) ([]pair, []int32) {
	var all []pair
	order := make([]int32, len(b.obligations))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(i, j int32) int {
		x, y := &b.obligations[i], &b.obligations[j]
		return cmp.Or(cmp.Compare(x.Debtor, y.Debtor), cmp.Compare(x.Creditor, y.Creditor), cmp.Compare(x.Weight, y.Weight))
	})
	for _, i := range order {
		o := &b.obligations[i]
		if !o.of(class) {
			of[i] = noPair
			continue
		}
		last := len(all) - 1
		if last < 0 || all[last].debtor != o.Debtor || all[last].creditor != o.Creditor || all[last].weight != o.Weight {
			all = append(all, pair{o.Debtor, o.Creditor, o.Weight, 0})
			last++
		}
		of[i] = int32(last)
		all[last].value += b.value(i)
	}
	return all, of
}

// weights numbers the weights that occur, lightest first, and tells how many there are.
func (b *batch) weights() (rank []int32, weights int) {
	heaviest := int32(0)
	for i := range b.obligations {
		heaviest = max(heaviest, b.obligations[i].Weight)
	}
	rank = make([]int32, heaviest+1)
	for i := range b.obligations {
		rank[b.obligations[i].Weight] = 1
	}
	for w, occurs := range rank {
		rank[w] = int32(weights)
		weights += int(occurs)
	}
	return rank, weights
}
