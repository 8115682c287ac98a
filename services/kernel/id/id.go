// Package id names things across services. An identifier is opaque and
// prefixed by its kind; fresh ones sort by when they were made.
package id

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"strings"
	"time"
)

type (
	User       string // usr_  anybody with an account; a creator's id is their user's
	Session    string // ses_
	Address    string // adr_
	Merchant   string // mer_
	Product    string // prd_
	SKU        string // sku_
	Post       string // pst_
	Comment    string // cmt_
	Upload     string // upl_
	Media      string // med_  a finished picture or video
	Room       string // rom_
	Draft      string // drf_
	Collection string // col_ named, of saved posts
	Trace      string // trc_  what a chain from a post to a purchase and on has in common
	Case       string // cas_  something to be judged
	Notice     string // ntc_
	Card       string // crd_
	Order      string // ord_
	Payment    string // pay_
	Entry      string // ent_
	Parcel     string // pcl_  what one shop sends of an order
	Shipment   string // shp_  one box of it
	AfterSale  string // afs_
	Payout     string // pyo_
	Warehouse  string // whs_
)

var encoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// New returns a fresh identifier: 48 bits of milliseconds, then 80 random bits.
func New(prefix string, now time.Time) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(now.UnixMilli())<<16)
	_, _ = rand.Read(b[6:]) // never fails: crypto/rand aborts the process instead
	return prefix + "_" + encoding.EncodeToString(b[:])
}

// Derive returns the one identifier that parts always lead to. A document
// whose id is derived from a request is stored once, however often it is sent.
func Derive(prefix string, parts ...string) string {
	h := sha256.New()
	var n [4]byte
	for _, p := range parts {
		binary.BigEndian.PutUint32(n[:], uint32(len(p)))
		h.Write(n[:])
		h.Write([]byte(p))
	}
	return prefix + "_" + encoding.EncodeToString(h.Sum(nil)[:16])
}

// Secret returns 160 unguessable bits as text, for tokens and codes.
func Secret() string {
	var b [20]byte
	_, _ = rand.Read(b[:])
	return encoding.EncodeToString(b[:])
}

// Valid reports whether s has the form of an identifier with this prefix.
func Valid(prefix, s string) bool {
	rest, ok := strings.CutPrefix(s, prefix+"_")
	if !ok || len(rest) != 26 {
		return false
	}
	for _, c := range []byte(rest) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}
