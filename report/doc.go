// Package report is what a job leaves behind: the outcome files, in which each settled row is a line; the
// tally and the summary, which count them; and the summary for people, as text for a terminal and as
// report.html.
//
// # Decisions
//
// The page has no script and asks for nothing: its styles and pictures are inside, and a content security
// policy in it forbids the rest, should a text of the input ever get through html/template's escaping. Of
// the input it shows UserIDs, lines and file names. Reasons stay out: they may quote what a row says.
//
// The bar is a flexible row of elements that grow by the rows they stand for. So it sums to the rows read
// by itself; a segment of one row in a hundred million is still five pixels wide.
//
// The plots are stretched fields with labels at percentages, so one picture serves a desk, a phone and
// paper, with text of a readable size on each. Time at rest between runs is left out: a job that was
// resumed after a weekend would else be two thin lines.
//
// History counts in buckets that are merged when there are too many, rather than in a file that grows:
// 720 of them are half a megabyte in memory and at most some 400 kB on disk, for any job. An attempt costs
// 12 ns and no allocation. Response times are binned with eight bins to each power of two, which puts
// percentiles within 1/16 of the exact ones; a sketch library would be closer, and a dependency.
package report
