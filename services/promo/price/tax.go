package price

import (
	"strings"

	"meadow/services/kernel/fault"
	"meadow/services/kernel/money"
)

// Taxes are the rates put on top of prices, by region and by tax class. A region
// that is not in it has prices that hold their tax; a class that a region does not
// name has the rate of its class "", if there is one.
type Taxes map[string]map[string]money.Rate

// CarriageClass is the tax class of carriage.
const CarriageClass = "carriage"

// rate is that of the region, or of what it is part of: "US-CA" is part of "US".
func (t Taxes) rate(region, class string) money.Rate {
	for {
		if classes, ok := t[region]; ok {
			if r, ok := classes[class]; ok {
				return r
			}
			if class == CarriageClass {
				return 0
			}
			return classes[""]
		}
		at := strings.LastIndexByte(region, '-')
		if at < 0 {
			return 0
		}
		region = region[:at]
	}
}

// levy puts tax on what is paid for each line and for its carriage, each rounded
// down.
func (s *state) levy() {
	for i, l := range s.in.Lines {
		goods := s.left[i]
		if fault.On(fault.TaxDropped) {
			goods = 0
		}
		s.tax[i] = part(goods, s.taxes.rate(s.in.Region, l.TaxClass)) + part(s.shipping[i], s.taxes.rate(s.in.Region, CarriageClass))
	}
}
