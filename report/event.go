package report

import "time"

// eventList is what happened in a job, in order.
type eventList struct {
	List []event
	Left string // what the list leaves out in the middle, "" for nothing
}

// event is one or two marks as the page shows them: what began and ended is one event.
type event struct {
	Number    int
	When      string
	Lasted    string // "" for a moment
	What      string
	Text      string
	Class     string
	at, until int64 // Unix milliseconds
}

const (
	maxEvents       = 40
	firstEventsKept = 10
)

var endOf = map[MarkKind]MarkKind{MarkThrottleEnd: MarkThrottleBegin, MarkOutageEnd: MarkOutageBegin}

func (h *History) events(zone *time.Location) eventList {
	if h == nil {
		return eventList{}
	}
	list, left := h.allEvents(), h.dropped
	if over := len(list) - maxEvents; over > 0 {
		list = append(list[:firstEventsKept], list[firstEventsKept+over:]...)
		left += int64(over)
	}
	for i := range list {
		e := &list[i]
		e.Number, e.When = i+1, moment(e.at, zone)
		if e.until > e.at {
			e.Lasted = Span(time.Duration(e.until-e.at) * time.Millisecond)
		}
	}
	events := eventList{List: list}
	if left > 0 {
		events.Left = Counted(left, "more event", "more events")
	}
	return events
}

// allEvents makes events of the marks. What was still going on when a run ended, ended with it.
func (h *History) allEvents() []event {
	var list []event
	open := map[MarkKind]int{} // index of an event that has not ended
	starts := 0
	for _, m := range h.marks {
		for begin, i := range open {
			if begin == endOf[m.kind] || m.kind == MarkStop || m.kind == MarkKill {
				list[i].until = m.at
				delete(open, begin)
			}
		}
		words, begins := eventWords[m.kind]
		if !begins {
			continue
		}
		e := event{What: words.what, Class: words.class, Text: m.text, at: m.at, until: m.at}
		switch m.kind {
		case MarkKill:
			e.Text = "" // What says it
		case MarkStart:
			if e.Text = ""; starts > 0 {
				e.What = "Resumed"
			}
			starts++
		case MarkThrottleBegin, MarkOutageBegin:
			open[m.kind] = len(list)
		}
		list = append(list, e)
	}
	return list
}

func moment(ms int64, zone *time.Location) string {
	return time.UnixMilli(ms).In(zone).Format("2 Jan 2006 15:04:05")
}

// runRow is a run in the page's table.
type runRow struct {
	Number, Began, Lasted, Requests, Rate, Ended string
	Rested                                       string // the time since the run before it
}

func (h *History) runRows(zone *time.Location) []runRow {
	if h == nil {
		return nil
	}
	var rows []runRow
	number, ended := int64(1), int64(0)
	for i, r := range h.runs {
		row := runRow{Number: Thousands(number), Began: moment(r.start, zone), Requests: "not recorded", Ended: cut(r.text, maxText)}
		if r.count > 1 {
			row.Number += " to " + Thousands(number+r.count-1)
		}
		if i > 0 && r.start-ended > 1000 {
			row.Rested = Span(time.Duration(r.start-ended) * time.Millisecond)
		}
		row.Lasted = Span(time.Duration(r.end-r.start) * time.Millisecond)
		if r.requests > 0 || r.ended != MarkKill {
			row.Requests = Thousands(r.requests)
		}
		if r.requests > 0 && r.count == 1 {
			row.Rate = PerSecond(rate(r.requests, r.end-r.start))
		}
		if r.ended == "" {
			row.Ended = "under way"
		}
		rows, number, ended = append(rows, row), number+r.count, r.end
	}
	return rows
}
