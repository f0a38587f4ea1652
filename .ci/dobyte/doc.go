// Package dobyte has a client that no one here wrote, github.com/dobyte/tencent-im, call the sandbox. It is a
// module of its own, so that users of imimport never download it.
//
// The client's base URL is fixed (https://console.tim.qq.com) and it does not verify certificates. So the test
// points this process's resolver at a small DNS server, and has the sandbox listen on port 443 of a loopback
// address. That takes the right to bind it; ./run sees to it.
package dobyte
