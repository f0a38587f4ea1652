package reader

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// plainDigest is the digest as its documentation has it, of a stream in one piece.
func plainDigest(b []byte) uint64 {
	var h, part uint64
	for ; len(b) >= 8; b = b[8:] {
		h = mix(h, binary.LittleEndian.Uint64(b))
	}
	for i, c := range b {
		part |= uint64(c) << (8 * i)
	}
	return h ^ part*digestPart
}

func TestDigestDoesNotDependOnHowTheStreamWasCut(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	stream := make([]byte, 200)
	for i := range stream {
		stream[i] = byte(random.Uint32())
	}
	for range 10_000 {
		var d digest
		for at := 0; at < len(stream); {
			n := min(random.IntN(30), len(stream)-at)
			d.write(stream[at : at+n])
			at += n
			require.Equal(t, plainDigest(stream[:at]), d.sum())
			require.Equal(t, d, digestAt(d.sum(), stream[at&^7:at]), "it goes on from its sum")
		}
	}
}
