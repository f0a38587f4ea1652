package report

import (
	"time"

	"imimport/pkg/lang"
)

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

func (h *History) events(l lang.Lang, zone *time.Location) eventList {
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
		e.Number, e.When = i+1, moment(l, e.at, zone)
		e.What, e.Text = say(l, e.What), sayNote(l, e.Text)
		if e.until > e.at {
			e.Lasted = span(l, time.Duration(e.until-e.at)*time.Millisecond)
		}
	}
	events := eventList{List: list}
	if left > 0 {
		events.Left = numbered(l, left, "more event", "more events")
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
			if begin == endOf[m.Kind] || m.Kind == MarkStop || m.Kind == MarkKill {
				list[i].until = m.At
				delete(open, begin)
			}
		}
		words, begins := eventWords[m.Kind]
		if !begins {
			continue
		}
		e := event{What: words.what, Class: words.class, Text: m.Text, at: m.At, until: m.At}
		switch m.Kind {
		case MarkKill:
			e.Text = "" // What says it
		case MarkStart:
			if e.Text = ""; starts > 0 {
				e.What = "Resumed"
			}
			starts++
		case MarkThrottleBegin, MarkOutageBegin:
			open[m.Kind] = len(list)
		}
		list = append(list, e)
	}
	return list
}

func moment(l lang.Lang, ms int64, zone *time.Location) string {
	return time.UnixMilli(ms).In(zone).Format(say(l, "2 Jan 2006 15:04:05"))
}

// runRow is a run in the page's table.
type runRow struct {
	Number, Began, Lasted, Requests, Rate, Ended string
	Rested                                       string // the time since the run before it
}

func (h *History) runRows(l lang.Lang, zone *time.Location) []runRow {
	if h == nil {
		return nil
	}
	var rows []runRow
	number, ended := int64(1), int64(0)
	for i, r := range h.runs {
		row := runRow{Number: Thousands(number), Began: moment(l, r.Start, zone), Requests: say(l, "not recorded"), Ended: cut(sayNote(l, r.Text), maxText)}
		if r.Count > 1 {
			row.Number = say(l, "%s to %s", row.Number, Thousands(number+r.Count-1))
		}
		if i > 0 && r.Start-ended > 1000 {
			row.Rested = span(l, time.Duration(r.Start-ended)*time.Millisecond)
		}
		row.Lasted = span(l, time.Duration(r.End-r.Start)*time.Millisecond)
		if r.Requests > 0 || r.Ended != MarkKill {
			row.Requests = Thousands(r.Requests)
		}
		if r.Requests > 0 && r.Count == 1 {
			row.Rate = PerSecond(rate(r.Requests, r.End-r.Start))
		}
		if r.Ended == "" {
			row.Ended = say(l, "under way")
		}
		rows, number, ended = append(rows, row), number+r.Count, r.End
	}
	return rows
}
