package importer

import (
	"container/heap"
	"time"
)

// waiting holds the calls whose next try is due later, the earliest on top.
type waiting []*call

func (w waiting) Len() int           { return len(w) }
func (w waiting) Less(i, j int) bool { return w[i].due.Before(w[j].due) }
func (w waiting) Swap(i, j int)      { w[i], w[j] = w[j], w[i] }
func (w *waiting) Push(c any)        { *w = append(*w, c.(*call)) }
func (w *waiting) Pop() any {
	old := *w
	c := old[len(old)-1]
	old[len(old)-1] = nil
	*w = old[:len(old)-1]
	return c
}

func (w *waiting) add(c *call, due time.Time) {
	c.due = due
	heap.Push(w, c)
}

// first takes out the call that is due first.
func (w *waiting) first() *call { return heap.Pop(w).(*call) }

// due takes out the calls whose time has come.
func (w *waiting) due(now time.Time) (calls []*call) {
	for len(*w) > 0 && !(*w)[0].due.After(now) {
		calls = append(calls, w.first())
	}
	return calls
}
