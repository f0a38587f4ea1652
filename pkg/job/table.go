package job

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"imimport/limiter"
	"imimport/pkg/im"
	"imimport/pkg/lang"
	"imimport/pkg/option"
	"imimport/pkg/profile"
	"imimport/reader"
)

// The commands that take options of the table.
const (
	ForRun option.Set = 1 << iota
	ForResume
	ForSync
	ForVerify
	ForCheck
	ForPing

	ForJobs = ForRun | ForResume | ForSync
	forAll  = ForJobs | ForVerify | ForCheck
)

// The headings of the table.
const (
	GroupTarget    = "Where the rows go"
	GroupPace      = "How they go"
	GroupRead      = "How the files are read"
	GroupDirectory = "The job directory"
	GroupShown     = "What is shown"
)

type row = option.Row[Options]

// Table is every option of a job. To add one: a field of [Options], a row here, and the place that uses it.
func Table() []option.Row[Options] { return table }

var table = withDefaults(slices.Concat(targetRows, paceRows, readRows, directoryRows, shownRows))

// withDefaults has help say what is in force where an option is not asked for, unless a row says it in words.
func withDefaults(rows []row) []row {
	o := Options{}.Effective()
	for i := range rows {
		if r := &rows[i]; r.Default == "" && !r.Switch {
			r.Default = strings.Join(r.Texts(&o), ", ")
		}
	}
	return rows
}

var targetRows = []row{
	{Key: "sandbox", Group: GroupTarget, Scope: option.Direct, In: ForJobs | ForVerify | ForPing, Text: "start a sandbox inside this process and import into that: no account, no key needed",
		Binding: option.BindSwitch(func(o *Options) *bool { return &o.Target.Sandbox })},
	{Key: "region", Group: GroupTarget, Scope: option.Direct, In: ForJobs | ForVerify | ForPing, Text: "the app's data centre: `NAME` is " + strings.Join(regionNames(), ", "), Words: regionNames(),
		Binding: option.Bind(func(o *Options) *string { return &o.Target.Region }, option.Kind[string]{Parse: parseRegion})},
	{Key: "endpoint", Group: GroupTarget, Scope: option.Direct, In: ForJobs | ForVerify | ForPing, Text: "instead of a region: https `URL`, or http to a loopback address",
		Binding: option.Bind(func(o *Options) *string { return &o.Target.Endpoint }, option.Kind[string]{Parse: parseEndpoint})},
	{Key: "ca-file", Group: GroupTarget, In: ForJobs | ForVerify | ForPing, Text: "trust the certificates in this PEM `FILE` too", Suffix: option.AnyFile,
		Binding: option.Bind(func(o *Options) *string { return &o.Target.CAFile }, option.Kind[string]{Parse: filepath.Abs})},
	{Key: "sdkappid", Group: GroupTarget, Scope: option.Direct, In: ForJobs | ForVerify | ForPing, Text: "the app's `NUMBER`",
		Binding: option.Bind(func(o *Options) *uint64 { return &o.Target.SDKAppID }, option.Kind[uint64]{Parse: parseAppID})},
	{Key: "identifier", Group: GroupTarget, Scope: option.Direct, In: ForJobs | ForVerify | ForPing, Text: "`NAME` of the app admin", Default: DefaultIdentifier,
		Binding: option.Bind(func(o *Options) *string { return &o.Target.Identifier }, option.Text)},
}

var paceRows = []row{
	{Key: "rate", Group: GroupPace, In: ForJobs | ForCheck, Text: "requests that the service may see in any second: `N`, or none for no limit",
		Default: "200; batch: 100", Words: []string{"200", "100", option.None},
		Binding: option.Bind(func(o *Options) *float64 { return &o.Rate }, Rate)},
	{Key: "workers", Group: GroupPace, In: ForJobs | ForVerify, Text: "`N` requests in flight at once, at most; by itself 1000, or 64 without a rate limit", Default: "as many as it takes",
		Binding: option.Bind(func(o *Options) *int { return &o.Workers }, option.Count(10_000))},
	{Key: "batch", Group: GroupPace, In: ForJobs | ForCheck, Text: "`N` accounts a request; over 1 uses the batch command, 100 at most",
		Binding: option.Bind(func(o *Options) *int { return &o.Batch }, option.Count(im.MultiaccountImport.PerCall))},
	{Key: "timeout", Group: GroupPace, In: ForJobs | ForVerify | ForPing, Text: "`DURATION` of one request at most",
		Binding: option.Bind(func(o *Options) *time.Duration { return &o.Timeout }, option.Duration)},
	{Key: "max-attempts", Group: GroupPace, In: ForJobs | ForVerify, Text: "`N` tries of one row on transient errors",
		Binding: option.Bind(func(o *Options) *int { return &o.MaxAttempts }, option.Count(math.MaxInt32))},
	{Key: "max-outage", Group: GroupPace, In: ForJobs | ForVerify, Text: "stop when there has been no good answer for longer than a `DURATION`; none waits for ever",
		Default: "10m; never reached: 1m", Words: []string{"10m", option.None},
		Binding: option.Bind(func(o *Options) *time.Duration { return &o.MaxOutage }, maxOutage)},
	{Key: "retry-initial", Group: GroupPace, In: ForJobs | ForVerify, Text: "first wait before a row is tried again: `DURATION`, doubled each time, with jitter",
		Binding: option.Bind(func(o *Options) *time.Duration { return &o.RetryInitial }, option.Duration)},
	{Key: "retry-max", Group: GroupPace, In: ForJobs | ForVerify, Text: "longest wait before a row is tried again: `DURATION`",
		Binding: option.Bind(func(o *Options) *time.Duration { return &o.RetryMax }, option.Duration)},
	{Key: "on-quota", Group: GroupPace, In: ForJobs, Text: "`ACTION` when the app's account limit is met: stop or continue", Words: []string{"stop", "continue"},
		Binding: option.Bind(func(o *Options) *string { return &o.OnQuota }, option.Choice("stop", "continue"))},
	{Key: "max-errors", Group: GroupPace, In: ForJobs, Text: "stop when more rows than that failed in this run: `N` or N%, which counts from 100 rows on",
		Default: option.None, Words: []string{"1%", option.None},
		Binding: option.Bind(func(o *Options) *option.Bound { return &o.MaxErrors }, option.Bounds("rows"))},
	{Key: "tolerate", Group: GroupPace, In: ForJobs, Text: "exit 0 though some rows failed, where they are known: `N` at most, or N% of the input's rows", Default: "0", Words: []string{"10", "1%"},
		Binding: option.Bind(func(o *Options) *option.Bound { return &o.Tolerate }, option.Bounds("rows"))},
	{Key: "limit", Group: GroupPace, Scope: option.Once, In: ForJobs, Text: "stop after `N` rows; resumable", Default: option.None,
		Binding: option.Bind(func(o *Options) *int64 { return &o.Limit }, option.Rows)},
	{Key: "max-duration", Group: GroupPace, Scope: option.Once, In: ForJobs, Text: "stop `DURATION` after the start of the process; resumable", Default: option.None,
		Binding: option.Bind(func(o *Options) *time.Duration { return &o.MaxDuration }, option.OptionalDuration)},
}

var readRows = []row{
	{Key: "format", Group: GroupRead, Scope: option.Fixed, In: forAll, Text: "`NAME` is csv, jsonl or xlsx", Default: "by name, else by the first bytes", Words: []string{"csv", "jsonl", "xlsx"},
		Binding: option.Bind(func(o *Options) *string { return &o.Format }, option.Choice("csv", "jsonl", "xlsx"))},
	{Key: "sheet", Group: GroupRead, Scope: option.Fixed, In: forAll, Text: "`NAME` of the sheet of a workbook", Default: "the only one with rows",
		Binding: option.Bind(func(o *Options) *string { return &o.Sheet }, option.Text)},
	{Key: "delimiter", Group: GroupRead, Scope: option.Fixed, In: forAll, Text: "`C` between CSV fields: a character such as ; or |, or tab",
		Default: "a comma; a tab for .tsv", Words: []string{"tab", ";", "|", ","},
		Binding: option.Bind(func(o *Options) *string { return &o.Delimiter }, option.Kind[string]{Parse: parseDelimiter})},
	{Key: "quote", Group: GroupRead, Scope: option.Fixed, In: forAll, Text: "`WORD` none: quotes are characters like others", Words: []string{option.None},
		Binding: option.Bind(func(o *Options) *string { return &o.Quote }, option.Choice(option.None))},
	{Key: "escape", Group: GroupRead, Scope: option.Fixed, In: forAll, Words: []string{option.None, backslash}, Default: option.None,
		Text:    "`WORD` backslash: \\t, \\n and \\\\ are read as MySQL and PostgreSQL write them, and \\N is no value",
		Binding: option.Bind(func(o *Options) *string { return &o.Escape }, option.Choice(option.None, backslash))},
	{Key: "null", Group: GroupRead, Scope: option.Fixed, In: forAll, Text: "a value that is exactly this `TEXT` is no value; repeatable",
		Binding: option.BindList(func(o *Options) *[]string { return &o.Null }, addText, slices.Clone[[]string])},
	{Key: "skip-lines", Group: GroupRead, Scope: option.Fixed, In: forAll, Text: "`N` lines of each file before its header; not for JSON", Default: "0",
		Binding: option.Bind(func(o *Options) *int { return &o.SkipLines }, option.Kind[int]{Parse: parseLines})},
	{Key: "records", Group: GroupRead, Scope: option.Fixed, In: forAll, Text: "JSON: the rows are the elements of the array at this `PATH` of each file, such as users or data.items",
		Binding: option.Bind(func(o *Options) *string { return &o.Records }, option.Text)},
	{Key: "encoding", Group: GroupRead, Scope: option.Fixed, In: forAll, Text: "`NAME` such as gb18030, gbk, big5, utf-16le", Default: "UTF-8, or what a byte order mark says",
		Words:   []string{"utf-8", "utf-16le", "utf-16be", "gb18030", "gbk", "big5", "shift_jis", "euc-jp", "euc-kr", "windows-1252"},
		Binding: option.Bind(func(o *Options) *string { return &o.Encoding }, option.Text)},
	{Key: "no-header", Group: GroupRead, Scope: option.Fixed, In: forAll, Text: "the columns are UserID, Nick, FaceUrl in this order",
		Binding: option.BindSwitch(func(o *Options) *bool { return &o.NoHeader })},
	{Key: "map", Group: GroupRead, Scope: option.Fixed, In: forAll, Words: mapWords(),
		Text:    "`FIELD=COLUMN`, such as UserID=uid, for columns with other names, or Gender=sex for those of the profile; repeatable (default: UserID, Nick, FaceUrl by name, where case and _ do not matter)",
		Binding: option.BindList(func(o *Options) *map[string]string { return &o.Map }, addMapping, mappings)},
	{Key: "value", Group: GroupRead, Scope: option.Fixed, In: forAll,
		Text:    "what a text means in a column of the profile: `FIELD:TEXT=WORD`, such as Gender:1=Male; repeatable",
		Binding: option.BindList(func(o *Options) *profile.Words { return &o.Words }, (*profile.Words).Add, profile.Words.Texts)},
	{Key: "uuid", Group: GroupRead, Scope: option.Fixed, In: forAll, Words: []string{"keep", compactUUID}, Default: "keep",
		Text:    "`RULE` compact sends a UserID that is a UUID, whose 36 bytes are over the limit, as its 32 digits",
		Binding: option.Bind(func(o *Options) *string { return &o.UUID }, option.Choice("keep", compactUUID))},
	{Key: "duplicates", Group: GroupRead, Scope: option.Fixed, In: forAll, Words: []string{"last", "reject"},
		Text:    "the same UserID again: `RULE` last sends both in order, so that the later row wins; reject fails the later row",
		Binding: option.Bind(func(o *Options) *string { return &o.Duplicates }, option.Choice("last", "reject"))},
	{Key: "accept", Group: GroupRead, In: forAll, Text: "let a suspicion pass: `KIND` is " + strings.Join(reader.Suspicions(), ", ") + "; repeatable", Words: reader.Suspicions(),
		Binding: option.BindList(func(o *Options) *[]string { return &o.Accept }, addSuspicion, slices.Clone[[]string])},
	{Key: "strict", Group: GroupRead, Scope: option.Fixed, In: forAll, Text: "refuse what is only warned of",
		Binding: option.BindSwitch(func(o *Options) *bool { return &o.Strict })},
	{Key: "trim", Group: GroupRead, Scope: option.Fixed, In: forAll, Text: "take spaces off both ends of every mapped value",
		Binding: option.BindSwitch(func(o *Options) *bool { return &o.Trim })},
}

var directoryRows = []row{
	{Key: "excel", Group: GroupDirectory, Scope: option.Fixed, In: ForRun | ForSync, Text: "outcome files for spreadsheets: UTF-8 with a byte order mark, formulas made harmless",
		Binding: option.BindSwitch(func(o *Options) *bool { return &o.Excel })},
	{Key: "trust-input", Group: GroupDirectory, Scope: option.Once, In: ForResume, Text: "leave out the check that the input is unchanged up to where the job stands",
		Binding: option.BindSwitch(func(o *Options) *bool { return &o.TrustInput })},
}

var shownRows = []row{
	{Key: "lang", Group: GroupShown, In: ForJobs, Text: "`LANGUAGE` of the summary, the report and the codes: en or zh", Default: "the locale's", Words: []string{"en", "zh"},
		Binding: option.Bind(func(o *Options) *lang.Lang { return &o.Lang }, language)},
}

// language takes one of [lang.All].
var language = option.Kind[lang.Lang]{Parse: func(s string) (lang.Lang, error) {
	if !slices.Contains(lang.All(), lang.Lang(s)) {
		return "", errors.New("must be en or zh")
	}
	return lang.Lang(s), nil
}}

// Rate takes requests a second, or none.
var Rate = option.Kind[float64]{
	Parse: func(s string) (float64, error) {
		if s == option.None {
			return limiter.None, nil
		}
		rate, err := strconv.ParseFloat(s, 64)
		if err != nil || !(rate > 0 && rate <= 1e6) {
			return 0, errors.New("must be a number of requests a second above 0, or none")
		}
		return rate, nil
	},
	Format: func(rate float64) string {
		if rate < 0 {
			return option.None
		}
		return strconv.FormatFloat(rate, 'g', -1, 64)
	},
}

// maxOutage takes a duration above 0; none is below it, as in [Options].
var maxOutage = option.Kind[time.Duration]{
	Parse: func(s string) (time.Duration, error) {
		if s == option.None {
			return -1, nil
		}
		return option.Duration.Parse(s)
	},
	Format: func(d time.Duration) string {
		if d < 0 {
			return option.None
		}
		return d.String()
	},
}

func regionNames() []string {
	var names []string
	for _, r := range im.Regions() {
		names = append(names, r.Name)
	}
	return names
}

func parseRegion(s string) (string, error) {
	if _, err := im.Region(s); err != nil {
		if near := option.Nearest(s, regionNames()); near != "" {
			return "", fmt.Errorf("no such region; did you mean %s?", near)
		}
		return "", fmt.Errorf("must be one of %s", strings.Join(regionNames(), ", "))
	}
	return strings.ToLower(s), nil
}

func parseEndpoint(s string) (string, error) {
	err := im.CheckEndpoint(s)
	if err == nil {
		return strings.TrimSuffix(s, "/"), nil
	}
	if u, parseErr := url.Parse(s); parseErr != nil || u.User != nil || u.RawQuery != "" {
		return "", option.Unshown{Err: err}
	}
	_, cause, _ := strings.Cut(err.Error(), "\": ")
	return "", errors.New(cause)
}

func parseAppID(s string) (uint64, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n == 0 || n > math.MaxInt64 {
		return 0, errors.New("must be the app's number, such as 1400000000")
	}
	return n, nil
}

const tab = "tab"

// parseDelimiter takes one character, or tab.
func parseDelimiter(s string) (string, error) {
	if s == tab || s == `\t` || s == "\t" {
		return tab, nil
	}
	c, size := utf8.DecodeRuneInString(s)
	if s == "" || size != len(s) || c == utf8.RuneError || strings.ContainsRune("\"\r\n", c) {
		return "", errors.New("must be one character, such as , ; or |, or tab")
	}
	return s, nil
}

func parseLines(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > math.MaxInt32 {
		return 0, errors.New("must be a number of lines")
	}
	return n, nil
}

// addText adds a text to a list, once.
func addText(list *[]string, text string) error {
	if !slices.Contains(*list, text) {
		*list = append(*list, text)
	}
	return nil
}

func addSuspicion(list *[]string, kind string) error {
	if !slices.Contains(reader.Suspicions(), kind) {
		return fmt.Errorf("must be one of %s", strings.Join(reader.Suspicions(), ", "))
	}
	return addText(list, kind)
}

// delimiter is what the reader takes for a parsed delimiter.
func delimiter(s string) rune {
	switch s {
	case "":
		return 0
	case tab, `\t`: // the second in jobs of the first version
		return '\t'
	}
	c, _ := utf8.DecodeRuneInString(s)
	return c
}

// rowFields are what a row can give, besides the fields of the profile.
var rowFields = []string{"UserID", "Nick", "FaceUrl"}

func addMapping(m *map[string]string, text string) error {
	name, column, ok := strings.Cut(text, "=")
	field, known := fieldNamed(name)
	if !ok || !known || column == "" {
		return fmt.Errorf("must be FIELD=COLUMN, where FIELD is %s", strings.Join(allFields(), ", "))
	}
	if was, twice := (*m)[field]; twice && was != column {
		return fmt.Errorf("%s is column %q already", field, was)
	}
	if *m == nil {
		*m = make(map[string]string)
	}
	(*m)[field] = column
	return nil
}

func allFields() []string { return slices.Concat(rowFields, profile.Names()) }

// fieldNamed is a field of an account or of its profile as it is spelled.
func fieldNamed(name string) (string, bool) {
	if i := slices.IndexFunc(rowFields, func(f string) bool { return strings.EqualFold(f, name) }); i >= 0 {
		return rowFields[i], true
	}
	if f, ok := profile.Find(name); ok {
		return f.Name, true
	}
	return "", false
}

// mapWords are what completion offers.
func mapWords() (words []string) {
	for _, name := range allFields() {
		words = append(words, name+"=")
	}
	return words
}

func mappings(m map[string]string) (texts []string) {
	for _, field := range slices.Sorted(maps.Keys(m)) {
		texts = append(texts, field+"="+m[field])
	}
	return texts
}
