package im

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkBody is a request's body, one account and a hundred.
func BenchmarkBody(b *testing.B) {
	list := make([]Account, MultiaccountImport.PerCall)
	for i := range list {
		list[i] = Account{UserID: "u000000001", Nick: "用户", FaceURL: "https://img.example.com/avatar/000000001.png"}
	}
	b.Run("single", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			importBody(&list[0])
		}
	})
	b.Run("batch", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			batchBody(list)
		}
	})
}

// BenchmarkSign is a new client with its UserSig, which a run makes anew once in six days.
func BenchmarkSign(b *testing.B) {
	cfg := Config{Endpoint: "https://adminapisgp.im.qcloud.com", SDKAppID: 1400000000, Identifier: "administrator",
		SecretKey: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}
	b.ReportAllocs()
	for b.Loop() {
		_, err := New(cfg)
		require.NoError(b, err)
	}
}
