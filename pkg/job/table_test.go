package job_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/job"
	"imimport/pkg/option"
)

// samples are two values of each option that differ from each other and from its default.
var samples = map[string][2]string{
	"sandbox": {"true", "true"}, "region": {"china", "seoul"}, "endpoint": {"https://a.example", "https://b.example"}, "ca-file": {"/a", "/b"},
	"sdkappid": {"1", "2"}, "identifier": {"a", "b"}, "rate": {"10", "none"},
	"workers": {"1", "2"}, "batch": {"2", "3"}, "timeout": {"1s", "2s"}, "max-attempts": {"1", "2"}, "max-outage": {"1m0s", "none"}, "retry-initial": {"1s", "2s"},
	"retry-max": {"1m0s", "2m0s"}, "on-quota": {"continue", "stop"}, "max-errors": {"1", "2%"}, "tolerate": {"3", "4%"}, "limit": {"1", "2"}, "max-duration": {"1h0m0s", "2h0m0s"},
	"format": {"csv", "jsonl"}, "sheet": {"Sheet1", "用户"}, "delimiter": {";", "tab"}, "encoding": {"gbk", "big5"}, "no-header": {"true", "true"},
	"map": {"UserID=a", "UserID=b"}, "value": {"Gender:1=Male", "Level:a=1"}, "duplicates": {"reject", "last"}, "strict": {"true", "true"}, "trim": {"true", "true"},
	"quote": {"none", "none"}, "escape": {"backslash", "none"}, "null": {"NULL", "-"}, "skip-lines": {"1", "2"}, "records": {"users", "data.items"}, "accept": {"short-row", "line-break"}, "uuid": {"compact", "keep"},
	"excel": {"true", "true"}, "lang": {"zh", "en"}, "trust-input": {"true", "true"},
}

// optioned are the options with one of them set, for each sample.
func optioned(t *testing.T, row option.Row[job.Options]) (first, second job.Options) {
	t.Helper()
	sample, ok := samples[row.Key]
	require.True(t, ok, "no sample of %s", row.Key)
	require.NoError(t, row.Set(&first, sample[0]))
	require.NoError(t, row.Set(&second, sample[1]))
	return first, second
}

// leaves are pointers to the fields of a struct, those of structs of its own package in their place.
func leaves(v reflect.Value) (pointers []any) {
	for i := range v.NumField() {
		if f := v.Field(i); f.Type() == reflect.TypeFor[job.Target]() {
			pointers = append(pointers, leaves(f)...)
		} else {
			pointers = append(pointers, f.Addr().Interface())
		}
	}
	return pointers
}

func TestEveryFieldOfTheOptionsHasOneRowOfTheTable(t *testing.T) {
	var o job.Options
	rows := map[any]string{}
	for _, row := range job.Table() {
		p := row.Field(&o)
		assert.Empty(t, rows[p], "%s and %s set one field", rows[p], row.Key)
		rows[p] = row.Key
		assert.NotEmpty(t, row.Group, row.Key)
		assert.NotEmpty(t, row.Text, row.Key)
		assert.NotZero(t, row.In, "no command takes %s", row.Key)
	}
	for _, field := range leaves(reflect.ValueOf(&o).Elem()) {
		assert.NotEmpty(t, rows[field], "a field of type %T has no row", field)
		delete(rows, field)
	}
	assert.Empty(t, rows, "rows that set no field of the options")
}

func TestRowsSayWhatTheyTake(t *testing.T) {
	for _, row := range job.Table() {
		first, second := optioned(t, row)
		assert.False(t, row.IsZero(&first), row.Key)
		assert.NoError(t, first.Validate(), row.Key)
		texts := row.Texts(&first)
		assert.Equal(t, []string{samples[row.Key][0]}, texts, row.Key)
		if !row.Switch {
			assert.Equal(t, row.Key == "quote", row.Same(&first, &second), row.Key)
			anything := slices.Contains([]string{"ca-file", "identifier", "encoding", "null", "records", "sheet"}, row.Key)
			assert.Equal(t, anything, row.Set(new(job.Options), "\x00 no such value") == nil, row.Key)
		}
		for _, word := range row.Words {
			if !strings.HasSuffix(word, "=") { // the beginning of one
				assert.NoError(t, row.Set(new(job.Options), word), "%s offers %q", row.Key, word)
			}
		}
	}
}

// What is kept in job.json, and what is of one run only, follows from the table.
func TestAJobKeepsItsOptionsAndNothingOfOneRun(t *testing.T) {
	for _, row := range job.Table() {
		first, _ := optioned(t, row)
		text, err := json.Marshal(first)
		require.NoError(t, err)
		var read job.Options
		require.NoError(t, json.Unmarshal(text, &read))
		assert.Equal(t, row.Scope != option.Once, row.Same(&read, &first), "%s: %s", row.Key, text)
		assert.Equal(t, row.Scope == option.Once, row.IsZero(&read), "%s: %s", row.Key, text)
	}
}

// job.json as the first version wrote it, with burst and headroom, which have no meaning any more.
func TestOptionsOfAnEarlierJobAreRead(t *testing.T) {
	var o job.Options
	require.NoError(t, json.Unmarshal([]byte(`{"target":{"region":"china","endpoint":"https://console.tim.qq.com","sdkappid":7,"identifier":"boss","ca_file":"/ca.pem"},
		"rate":-1,"burst":2,"headroom":0,"workers":3,"batch":4,"timeout":5000000000,"max_attempts":6,"retry_initial":1000000,"retry_max":2000000,
		"on_quota":"continue","max_errors":"1.5%","format":"csv","delimiter":"tab","encoding":"gbk","no_header":true,"map":{"UserID":"uid"},
		"duplicates":"reject","strict":true,"trim":true,"excel":true}`), &o))
	assert.Equal(t, job.Options{
		Target: job.Target{Region: "china", Endpoint: "https://console.tim.qq.com", SDKAppID: 7, Identifier: "boss", CAFile: "/ca.pem"},
		Rate:   -1, Workers: 3, Batch: 4, Timeout: 5e9, MaxAttempts: 6, RetryInitial: 1e6, RetryMax: 2e6,
		OnQuota: "continue", MaxErrors: option.Bound{Set: true, Share: true, Percent: 1.5}, Format: "csv", Delimiter: "tab", Encoding: "gbk",
		NoHeader: true, Map: map[string]string{"UserID": "uid"}, Duplicates: "reject", Strict: true, Trim: true, Excel: true}, o)
}

// What a later run asks for reaches the job, is refused, or counts for nothing, as the row's scope says.
func TestOverlayReachesEveryRow(t *testing.T) {
	for _, row := range job.Table() {
		first, second := optioned(t, row)
		overlaid := func(o job.Options, from job.Source) job.Options {
			require.NoError(t, o.Overlay(&second, func(key string) job.Source {
				if key == row.Key {
					return from
				}
				return job.NotAsked
			}), row.Key)
			return o
		}
		if row.Key == "accept" { // each adds to those before
			got := overlaid(first, job.Directly)
			assert.Equal(t, []string{"short-row", "line-break"}, row.Texts(&got))
			continue
		}
		if got := overlaid(first, job.Directly); !assert.True(t, row.Same(&got, &second), "%s on the command line", row.Key) {
			continue
		}
		got := overlaid(first, job.Around)
		assert.True(t, row.Same(&got, &first), "%s: the job's own stands over what surrounds it", row.Key)
		got = overlaid(job.Options{}, job.Around)
		ofTheJob := row.Scope == option.Fixed || row.Scope == option.Direct
		assert.Equal(t, row.Group == job.GroupTarget && row.Key != "ca-file", row.Scope == option.Direct, row.Key)
		assert.Equal(t, ofTheJob, row.IsZero(&got), "%s: what surrounds the program fills in what the job was not asked", row.Key)
	}
}

// Each option that makes the job what it is is refused where it differs, by its own name.
func TestWhatMakesTheJobAnotherIsRefused(t *testing.T) {
	w := newWorld(t, 3)
	_, err := w.run(w.options)
	require.NoError(t, err)
	fixed := 0
	for _, row := range job.Table() {
		if row.Scope != option.Fixed {
			continue
		}
		fixed++
		_, second := optioned(t, row)
		_, err := w.resume(func(o *job.Options) { row.Copy(o, &second) })
		require.ErrorContains(t, err, row.Key+" differs from what the job began with")
	}
	keys := []string{"format", "sheet", "delimiter", "quote", "escape", "null", "skip-lines", "records", "uuid", "encoding", "no-header", "map", "value", "duplicates", "strict", "trim", "excel"}
	require.Equal(t, len(keys), fixed)
	for _, key := range keys { // deleting one from the table's Fixed rows is a decision to be made here
		i := slices.IndexFunc(job.Table(), func(r option.Row[job.Options]) bool { return r.Key == key })
		require.GreaterOrEqual(t, i, 0, key)
		assert.Equal(t, option.Fixed, job.Table()[i].Scope, key)
	}
}

func TestSettingsForPeopleHaveWhatIsInForce(t *testing.T) {
	w := newWorld(t, 3)
	w.options.MaxErrors = option.Bound{Set: true, N: 5}
	s, err := w.run(w.options)
	require.NoError(t, err)
	for key, want := range map[string]string{"rate": "none", "workers": "8", "batch": "1", "timeout": "10s", "max-attempts": "8", "on-quota": "stop",
		"duplicates": "last", "max-errors": "5", "format": "csv"} {
		assert.Equal(t, want, s.Settings[key], key)
	}
	for key := range s.Settings {
		assert.True(t, slices.ContainsFunc(job.Table(), func(r option.Row[job.Options]) bool { return r.Key == key }), key)
	}
}
