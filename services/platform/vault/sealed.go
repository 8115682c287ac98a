package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

// Sealed is a sealed value as text, "v1.p3.…": the format's version, the class
// and generation of the data key, then nonce and ciphertext. The zero Sealed
// holds nothing and cannot be opened.
type Sealed string

// dataKey is an unwrapped data key.
type dataKey struct {
	gen  int
	aead cipher.AEAD
}

// sealedRef is a Sealed taken apart.
type sealedRef struct {
	class class
	gen   int
	bytes []byte
}

var letters = map[class]string{personal: "p", financial: "f"}

func sealText(k dataKey, subject, field, plain string) (Sealed, error) {
	c := classOf(field)
	b := seal(k.aead, []byte(plain), bind("field", string(c), strconv.Itoa(k.gen), subject, field))
	return Sealed(fmt.Sprintf("v1.%s%d.%s", letters[c], k.gen, base64.RawURLEncoding.EncodeToString(b))), nil
}

func (s Sealed) parse() (sealedRef, error) {
	parts := strings.Split(string(s), ".")
	if len(parts) != 3 || parts[0] != "v1" {
		return sealedRef{}, ErrSealed
	}
	var ref sealedRef
	for c, letter := range letters {
		if n, ok := strings.CutPrefix(parts[1], letter); ok {
			gen, err := strconv.Atoi(n)
			if err != nil || gen < 1 {
				return sealedRef{}, ErrSealed
			}
			ref.class, ref.gen = c, gen
		}
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil || ref.class == "" {
		return sealedRef{}, ErrSealed
	}
	ref.bytes = b
	return ref, nil
}

func (r sealedRef) open(k dataKey, subject, field string) (string, error) {
	plain, err := unseal(k.aead, r.bytes, bind("field", string(r.class), strconv.Itoa(r.gen), subject, field))
	return string(plain), err
}

// aeadOf returns AES-256-GCM under key, which has 32 bytes.
func aeadOf(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("vault: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("vault: %w", err)
	}
	return aead, nil
}

// seal returns a fresh nonce followed by the ciphertext.
func seal(a cipher.AEAD, plain, bound []byte) []byte {
	nonce := make([]byte, a.NonceSize(), a.NonceSize()+len(plain)+a.Overhead())
	_, _ = rand.Read(nonce) // never fails: crypto/rand aborts the process instead
	return a.Seal(nonce, nonce, plain, bound)
}

func unseal(a cipher.AEAD, b, bound []byte) ([]byte, error) {
	if len(b) < a.NonceSize() {
		return nil, ErrSealed
	}
	plain, err := a.Open(nil, b[:a.NonceSize()], b[a.NonceSize():], bound)
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}
