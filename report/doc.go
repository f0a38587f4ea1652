// Package report writes what a job leaves behind. The outcome files have a line for each settled row ([Files]). The
// tally and the summary count the rows ([Tally], [Summary]). The summary is written for people as text for a terminal
// and as report.html, with plots of the job over time ([History]).
//
// Numbers and texts from outside are written here for the whole program: [Thousands], [Span], [Printable] and so on.
//
// # Decisions
//
// The page has no script and loads nothing: its styles and pictures are inside it. A content security policy in the
// page forbids anything else, in case a text of the input gets through html/template's escaping. Of the input it shows
// UserIDs, lines, file names and reasons, which hold no other value of a row unless the service has put one in.
//
// The package names no command of the program. Those that the page offers come with the summary ([Commands]), and are
// printed as they are.
//
// The bar is a flexible row of elements that grow by their number of rows. So the browser makes their widths sum to the
// rows read, and a segment of one row in a hundred million is still five pixels wide.
//
// The plots are stretched fields with labels at percentages, so one picture serves a desktop, a phone and paper, with
// text of a readable size on each. The time between runs is left out: otherwise a job that was resumed after a weekend
// would be two thin lines.
//
// History counts in buckets, and merges them when there are too many. The alternative is a file that grows. 720 buckets
// are half a megabyte in memory and at most some 400 kB on disk, for any job. An attempt costs 12 ns and no allocation.
// Response times are counted in eight bins for each power of two, so percentiles are within 1/16 of the exact ones; a
// sketch library would be closer, and a dependency.
package report
