package distinct

import "math"

// Seen tells at once whether a key was there before, for rows that can be read only once. It takes 32 to 64 bytes of
// memory a key. The zero Seen is empty. It is for one goroutine.
type Seen struct{ table table }

// Add adds the key of a row. If the key was added before, dup is true and first is the row that it was added with.
// Rows are numbered from 1, and may come in any order.
func (s *Seen) Add(key string, row int64) (first int64, dup bool) {
	s.table.most = math.MaxInt
	was, found, _ := s.table.put(recordFor(key, row))
	return int64(was), found
}
