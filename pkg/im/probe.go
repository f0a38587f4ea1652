package im

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"
)

// Probe is what one harmless call tells of a target.
type Probe struct {
	Answer
	Ends    time.Time     // of the UserSig; zero: it does not say so
	Renewed bool          // the UserSig was made here, and is made anew before it ends
	Skew    time.Duration // how far this machine's clock is ahead of the service's, to about a second
	Dated   bool          // the service has said what time it is
}

// Probe asks by account_check for an account.
func (c *Client) Probe(ctx context.Context, userID string) Probe {
	_, a := c.Check(ctx, []string{userID})
	p := Probe{Answer: a, Renewed: c.signer.key != "", Ends: c.signer.ends()}
	if date, err := http.ParseTime(a.date); err == nil {
		// The header leaves out what is less than a second, and was written about half a call ago.
		p.Skew, p.Dated = c.now().Add(-a.Latency/2).Sub(date.Add(time.Second/2)), true
	}
	return p
}

// ends is when the current UserSig does.
func (s *signer) ends() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return UserSigEnds(s.texts[len(s.texts)-1])
}

// UserSigEnds is when a UserSig ends by what it says itself. It is zero for a text that is none.
func UserSigEnds(text string) time.Time {
	const most = 4 << 10 // bytes, unpacked
	packed, err := base64.StdEncoding.DecodeString(strings.NewReplacer("*", "+", "-", "/", "_", "=").Replace(text))
	if err != nil {
		return time.Time{}
	}
	z, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return time.Time{}
	}
	var claims struct {
		Time   int64 `json:"TLS.time"`
		Expire int64 `json:"TLS.expire"`
	}
	plain, err := io.ReadAll(io.LimitReader(z, most))
	if err != nil || json.Unmarshal(plain, &claims) != nil || claims.Time <= 0 || claims.Expire <= 0 || claims.Time+claims.Expire > 1<<40 {
		return time.Time{}
	}
	return time.Unix(claims.Time+claims.Expire, 0)
}
