package distinct

import "math"

// Seen tells at once whether a key came before, for rows that can be read only once. It keeps every key, as
// its hash: up to 64 bytes of memory each, 32 at best. The zero Seen is empty. It is for one goroutine.
type Seen struct{ table table }

// Add takes the key of a row in, unless it is there: then first is the row that it came with. Rows are from
// 1 on, in any order.
func (s *Seen) Add(key string, row int64) (first int64, dup bool) {
	s.table.most = math.MaxInt
	was, found, _ := s.table.put(recordFor(key, row))
	return int64(was), found
}
