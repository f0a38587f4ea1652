// Package limiter sees to it that the service never sees more calls than a limit in any one second.
//
// A [Limiter] has three parts. The pacer, a token bucket (golang.org/x/time/rate), spaces the calls. The guard holds the
// ceiling where it counts, at the service: nobody knows how late a call arrives there. The share lowers the rate when
// the service says "too often", for the limit is the app's, and other programs use it too.
//
// # The guard
//
// A call counts from the moment it is let through until one second after its answer, less the fastest round trip of
// late. A call is let through when fewer calls than the limit count. Why that holds the limit in every second [B, B+1)
// at the service:
//
//  1. Let a and b be the fastest ways there and back. The service sees a call between sent + a and answered - b.
//  2. Of the calls that it sees in the second, take the one that was let through last, at s. It is seen at s + a or
//     later, and before B + 1, so s < B + 1 - a.
//  3. Each of the others is seen at B or later, and so answered at B + b or later. It counts until answered + 1 -
//     (a + b), which is at or after B + 1 - a, and so after s.
//  4. So all of them count at s, and at s fewer than the limit count.
//
// What it assumes: the fastest round trip that was measured is a + b, but for the margin; the fastest way does not
// become shorter within the second (if it does, the second sees rate times the difference more, once); nothing in
// between keeps or repeats requests.
//
// A call that waits for its answer counts too. With a round trip of more than a second that would leave too few, so it
// stops counting once the slowest answer of late would have had it seen a second ago, and counts again when it is
// slower than that: a service that is stuck gets no more than the limit when it goes on. With a round trip of more than
// a second it gets what was under way. A call that was given up counts for a second more, and once again from the next
// answer, as the service may see both together.
//
// A round trip begins when the call is written ([Call.Trace]): neither a handshake nor a busy machine at our end is part of
// it. A call that waits for one of them counts for as long as it waits. Without any round trip in the last 15 to 30 s the
// fastest is taken to be 0.
//
// # The share
//
// What the service accepted of us in the second before a refusal is our share of it. The rate begins again 10% below
// that and follows the curve of TCP CUBIC (RFC 9438): soon at the share, flat there, slowly beyond it. The curve rises
// alike for everybody and falls by a fraction, so that runs which know nothing of each other come to equal shares. A
// second with a pause in it, or with little to send, says less: the rate stays where it is, and halves, to double each
// second, when the next call is refused too. After a refusal one call every 90 ms asks whether the service accepts
// again: one that counts by the clock's second refuses until its second ends.
//
// # Decisions
//
// Measured in virtual time (sim_test.go), runs of one app, 60 ms away, in the minute that begins 10 s after their start,
// ten seeds each. Two, three and five runs have 190, 190 and 188/s of 200 together, with 0.5, 0.8 and 1.6% refused,
// where the service counts by the sliding second and counts what it refused; 192 to 196/s by the clock's second. The
// run with the least had 0.70 of its fair share at the worst. A slower curve (9 s, 8%) gives 193, 192 and 189/s, and
// the least 0.49 of its share. A curve that grows in proportion to the share leaves the runs as far apart as they
// began. Asking again after 100 ms instead of 90 takes a service that allows half beyond 1.06 of its best time now and
// then; after 70 ms one run of five had 0.55 of its share. A second with a pause in it, taken for the share, gave two
// runs 170/s with 8% refused.
package limiter
