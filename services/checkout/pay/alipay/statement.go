package alipay

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	api "github.com/smartwalle/alipay/v3"
	"golang.org/x/text/encoding/simplifiedchinese"

	"meadow/services/checkout/pay"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
)

// maxBill is the most bytes of a day's bill that are read.
const maxBill = 256 << 20

// drawnAfter is how long after the end of a day its bill is there at the latest:
// Alipay says at nine in the morning.
const drawnAfter = 10 * time.Hour

// errNoBill means that there is no bill of a day.
var errNoBill = errors.New("alipay: no bill of that day")

// Statement is what moved between two of our midnights. Alipay's days are those
// of Shanghai, so that two of its bills are read. It draws up none of a day on
// which nothing moved, and none before the next morning.
func (p *Provider) Statement(ctx context.Context, day time.Time) ([]pay.Movement, error) {
	from := day.UTC().Truncate(24 * time.Hour)
	out := []pay.Movement{}
	for _, of := range []time.Time{from, from.Add(24 * time.Hour)} {
		date := of.In(shanghai)
		y, m, d := date.Date()
		if p.Now().Before(time.Date(y, m, d+1, 0, 0, 0, 0, shanghai).Add(drawnAfter)) {
			return nil, pay.ErrNotYet
		}
		moves, err := p.bill(ctx, date.Format(time.DateOnly))
		if errors.Is(err, errNoBill) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, m := range moves {
			if !m.At.Before(from) && m.At.Before(from.Add(24*time.Hour)) {
				out = append(out, m)
			}
		}
	}
	return out, nil
}

// bill fetches one of its days.
func (p *Provider) bill(ctx context.Context, date string) ([]pay.Movement, error) {
	at, err := p.client.BillDownloadURLQuery(ctx, api.BillDownloadURLQuery{BillType: "trade", BillDate: date})
	if said, ok := errors.AsType[*api.Error](err); ok && said.SubCode == "isp.bill_not_exist" || err == nil && at.SubCode == "isp.bill_not_exist" {
		return nil, errNoBill
	}
	if err = outcomeOf("bill", err, func() api.Error { return at.Error }); err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.BillDownloadURL, nil)
	if err != nil {
		return nil, fmt.Errorf("alipay: bill: %w", err)
	}
	res, err := p.HTTP.Do(req)
	if err != nil {
		return nil, fmt.Errorf("alipay: bill: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("alipay: bill: %s", res.Status)
	}
	packed, err := io.ReadAll(io.LimitReader(res.Body, maxBill))
	if err != nil {
		return nil, fmt.Errorf("alipay: bill: %w", err)
	}
	return unpack(packed)
}

// unpack reads the lines of a bill. The archive holds one table of lines and one
// of sums, both in GB 18030; the lines' one has the column that it is known by.
func unpack(packed []byte) ([]pay.Movement, error) {
	archive, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return nil, fmt.Errorf("alipay: bill: %w", err)
	}
	var out []pay.Movement
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			return nil, fmt.Errorf("alipay: bill: %w", err)
		}
		moves, err := table(simplifiedchinese.GB18030.NewDecoder().Reader(io.LimitReader(r, maxBill)))
		if err = errors.Join(err, r.Close()); err != nil {
			return nil, err
		}
		out = append(out, moves...)
	}
	return out, nil
}

// The columns that are read.
const (
	colTrade  = "商户订单号"
	colKind   = "业务类型"
	colDone   = "完成时间"
	colAmount = "订单金额（元）"
	colRefund = "退款批次号/请求号"
	colFee    = "服务费（元）"
)

// table reads one table: remarks, a head, lines, remarks.
func table(r io.Reader) ([]pay.Movement, error) {
	rows := csv.NewReader(r)
	rows.FieldsPerRecord, rows.LazyQuotes = -1, true
	var head []string
	var out []pay.Movement
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("alipay: bill: %w", err)
		}
		for i := range row {
			row[i] = strings.TrimSpace(row[i])
		}
		switch {
		case head == nil:
			if slices.Contains(row, colTrade) && slices.Contains(row, colDone) {
				head = row
			}
		case len(row) == len(head):
			m, err := movement(func(column string) string {
				if i := slices.Index(head, column); i >= 0 {
					return row[i]
				}
				return ""
			})
			if err != nil {
				return nil, err
			}
			out = append(out, m)
		}
	}
}

// movement reads a line. A fee that was kept is below zero there; one that comes
// back with a refund is above.
func movement(of func(column string) string) (pay.Movement, error) {
	amount, err := fen(of(colAmount))
	if err != nil {
		return pay.Movement{}, err
	}
	fee, err := fen(of(colFee))
	if err != nil {
		return pay.Movement{}, err
	}
	at, err := time.ParseInLocation(form, of(colDone), shanghai)
	if err != nil {
		return pay.Movement{}, fmt.Errorf("alipay: bill: %w", err)
	}
	m := pay.Movement{Ref: of(colTrade), Payment: id.Payment(of(colTrade)), Amount: money.CNY(amount), Fee: money.CNY(-fee), At: at.UTC()}
	if of(colKind) == "退款" {
		m.Ref, m.Amount = of(colRefund), money.CNY(min(amount, -amount))
	}
	return m, nil
}
