package web

// Override makes later hooks and the handler see value under a request header,
// whatever the client sent; "" removes the header.
func (x *Exchange) Override(name, value string) {
	if value == "" {
		x.c.Request().Header.Del(name)
		return
	}
	x.c.Request().Header.Set(name, value)
}
