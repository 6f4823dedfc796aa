// Package pools keeps a directory of pools: what each pool's node shows to everybody, and nothing else.
//
//	node ──/log/checkpoint, /api/log──▶ look: signature, tree, every line, the log of before ──▶ Card ──▶ pages, API
//	node ──/api/public (its own word)─▶                    │
//	                                                       └──▶ Store: the newest checkpoint, for ever
//
// The switch owns nothing of it. A pool decides by its charter what the public sees; the directory fetches exactly that,
// holds it against the log's signed checkpoint, and forgets it when the pool shows something else. What it remembers is
// one checkpoint a pool, so that a pool that shows two histories is found out, also after a restart.
//
// Each pool is looked at by itself, with bounds on time and size: one that is away, slow or hostile changes nothing for
// others.
package pools
