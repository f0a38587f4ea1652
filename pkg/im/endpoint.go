package im

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// CheckEndpoint refuses what is no endpoint. It must be https, because a UserSig travels in the URL; http is allowed for
// a loopback address, where nothing leaves the machine. Its errors print no part that could hold a secret.
func CheckEndpoint(endpoint string) error {
	u, err := url.Parse(endpoint)
	switch {
	case (err != nil || u.Hostname() == "") && strings.ContainsAny(endpoint, "@?"):
		return fmt.Errorf("endpoint: must be a URL such as https://console.tim.qq.com")
	case err != nil || u.Hostname() == "":
		return fmt.Errorf("endpoint %q: must be a URL such as https://console.tim.qq.com", endpoint)
	case u.User != nil:
		return fmt.Errorf("endpoint at %q: must hold no user name or password", u.Host)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.Path != "" && u.Path != "/":
		return fmt.Errorf("endpoint at %q: must end behind the host and port", u.Host)
	case u.Scheme == "http" && !loopback(strings.ToLower(u.Hostname())):
		return fmt.Errorf("endpoint %q: must be https (http is for a loopback address only)", endpoint)
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("endpoint %q: must be https", endpoint)
	case !validPort(u):
		return fmt.Errorf("endpoint %q: the port must be 1 to 65535", endpoint)
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func validPort(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil && port > 0
}
