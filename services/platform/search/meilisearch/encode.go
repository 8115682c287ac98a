package meilisearch

import "net/url"

// is is a filter: the attribute holds exactly value.
func is(attr, value string) string { return attr + ` = "` + encode(value) + `"` }

// isNot is a filter: the attribute holds something else.
func isNot(attr, value string) string { return attr + ` != "` + encode(value) + `"` }

// encode is the only way a value gets into a filter, and into an attribute that
// is filtered. Whatever it is given, the result holds nothing but a-z, 0-9 and
// %:._- so that no filter language can take a part of it for its own, and no
// folding of letters can make two values one.
func encode(value string) string {
	const hex = "0123456789abcdef"
	out := make([]byte, 0, len(value))
	for i := range len(value) {
		switch c := value[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == ':', c == '.', c == '_', c == '-':
			out = append(out, c)
		default:
			out = append(out, '%', hex[c>>4], hex[c&15])
		}
	}
	return string(out)
}

// decode returns what was encoded, or s itself if that was not done here.
func decode(s string) string {
	if value, err := url.PathUnescape(s); err == nil {
		return value
	}
	return s
}
