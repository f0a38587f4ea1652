// Package sandbox is the account part of the IM REST API as a server of its own: an [http.Handler] for tests
// ([New]), and a server with TLS on the loopback address ([Start]).
package sandbox
