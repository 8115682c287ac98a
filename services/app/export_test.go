package app

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

func TestPeopleGetWhatTheShopKeepsOfThemAndNobodyElses(t *testing.T) {
	t.Parallel()
	d := openDoor(t, t.TempDir(), errorsOnly(t), nil)
	mine := func(password string) request {
		return request{method: http.MethodPost, path: exportPath, body: map[string]any{"password": password}}
	}
	if a := d.visitor("nobody").ask(t, mine("x")); a.status != http.StatusUnauthorized {
		t.Errorf("a visitor: %s", a.outcome())
	}
	amy, bob := d.newcomer(t, "amy"), d.newcomer(t, "bob")
	for who, line := range map[*person]string{amy: "7 Elm Street", bob: "9 Oak Street"} {
		a := who.ask(t, request{method: http.MethodPost, path: "/api/v1/account/addresses", body: map[string]any{
			"name": "Li Lei", "phone": "+8613800138000", "region": "Shanghai", "city": "Shanghai", "district": "Xuhui", "line": line, "postcode": "200031",
		}})
		if a.status != http.StatusOK {
			t.Fatalf("address: %s", a.outcome())
		}
	}
	for password, status := range map[string]int{"": http.StatusBadRequest, "not hers": http.StatusUnauthorized} {
		if a := amy.ask(t, mine(password)); a.status != status || strings.Contains(string(a.body), "7 Elm Street") {
			t.Errorf("with the password %q: %s, want %d", password, a.outcome(), status)
		}
	}
	a := amy.ask(t, mine(amy.password))
	if a.status != http.StatusOK || a.header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment") {
		t.Fatalf("export: %s %v", a.outcome(), a.header)
	}
	var out struct {
		Parts map[string]json.RawMessage `json:"parts"`
		Cut   []string                   `json:"cut"`
	}
	a.into(t, &out)
	for _, name := range []string{
		"account", "addresses", "sessions", "cart", "orders", "parcels_to_ship", "parcels_to_receive", "parcels_received", "after_sales", "ratings",
		"coupons_ready", "coupons_used", "coupons_expired", "points", "points_history", "cashback", "red_packets_made", "red_packets_got",
		"bargains", "teams", "invited", "invite_rewards", "invite_tree", "wallet", "wallet_lines", "wallet_payouts", "creator",
	} {
		if len(out.Parts[name]) == 0 || string(out.Parts[name]) == "null" {
			t.Errorf("%s is missing", name)
		}
	}
	if text := string(a.body); !strings.Contains(text, "7 Elm Street") || strings.Contains(text, "9 Oak Street") || len(out.Cut) > 0 {
		t.Errorf("amy's export, cut %v:\n%s", out.Cut, text)
	}
}
