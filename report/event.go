package report

import (
	"time"
)

// event is a mark as the page tells it; what began and ended is one.
type event struct {
	Number    int
	When      string
	Lasted    string // "" for a moment
	What      string
	Text      string
	Class     string
	at, until int64
	kind      MarkKind
}

const (
	maxEvents       = 40
	firstEventsKept = 10
)

var endOf = map[MarkKind]MarkKind{MarkThrottleEnd: MarkThrottleBegin, MarkOutageEnd: MarkOutageBegin}

var eventWords = map[MarkKind]struct{ what, class string }{
	MarkStart:         {"Run began", "start"},
	MarkStop:          {"Run ended", "stop"},
	MarkKill:          {"Process ended without a word", "stop"},
	MarkThrottleBegin: {"Throttled", "throttled"},
	MarkOutageBegin:   {"Outage", "outage"},
	MarkQuota:         {"Quota met", "quota"},
}

// events lists what happened, the numbers given in order, and how many are left out in the middle.
func (h *History) events(zone *time.Location) (list []event, left int64) {
	if h == nil {
		return nil, 0
	}
	open := map[MarkKind]int{} // index of an event that lasts
	starts := 0
	for _, m := range h.marks {
		if begin, isEnd := endOf[m.kind]; isEnd {
			if i, ok := open[begin]; ok {
				list[i].until = m.at
				delete(open, begin)
			}
			continue
		}
		if m.kind == MarkStop || m.kind == MarkKill {
			for begin, i := range open {
				list[i].until = m.at
				delete(open, begin)
			}
		}
		words, known := eventWords[m.kind]
		if !known {
			continue
		}
		e := event{What: words.what, Class: words.class, Text: m.text, at: m.at, until: m.at, kind: m.kind}
		if m.kind == MarkKill {
			e.Text = "" // the title says it
		}
		if m.kind == MarkStart {
			if starts++; starts > 1 {
				e.What = "Went on"
			}
			e.Text = ""
		}
		if m.kind == MarkThrottleBegin || m.kind == MarkOutageBegin {
			open[m.kind] = len(list)
		}
		list = append(list, e)
	}
	left = h.dropped
	if over := len(list) - maxEvents; over > 0 {
		list = append(list[:firstEventsKept], list[firstEventsKept+over:]...)
		left += int64(over)
	}
	for i := range list {
		e := &list[i]
		e.Number, e.When = i+1, moment(e.at, zone)
		if e.until > e.at {
			e.Lasted = span(time.Duration(e.until-e.at) * time.Millisecond)
		}
	}
	return list, left
}

func moment(ms int64, zone *time.Location) string {
	return time.UnixMilli(ms).In(zone).Format("2 Jan 2006 15:04:05")
}

// runRow is a run in the page's table.
type runRow struct {
	Number, Began, Lasted, Requests, Rate, Ended string
	Rested                                       string // before it
}

func (h *History) runRows(zone *time.Location) []runRow {
	if h == nil {
		return nil
	}
	var rows []runRow
	number, ended := int64(1), int64(0)
	for i, r := range h.runs {
		row := runRow{Number: thousands(number), Began: moment(r.start, zone), Requests: "not recorded", Ended: cut(r.text, maxText)}
		if r.count > 1 {
			row.Number += " to " + thousands(number+r.count-1)
		}
		if i > 0 && r.start-ended > 1000 {
			row.Rested = span(time.Duration(r.start-ended) * time.Millisecond)
		}
		row.Lasted = span(time.Duration(r.end-r.start) * time.Millisecond)
		if r.requests > 0 || r.ended != MarkKill {
			row.Requests = thousands(r.requests)
		}
		if r.requests > 0 && r.count == 1 {
			row.Rate = perSecond(rate(r.requests, r.end-r.start))
		}
		if r.ended == "" {
			row.Ended = "under way"
		}
		rows, number, ended = append(rows, row), number+r.count, r.end
	}
	return rows
}
