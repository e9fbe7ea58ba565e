package importer

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/language"
)

// clean is a cell's text as it was meant: without spaces around it and without what keeps
// spreadsheets from taking it for a formula or a number ('=x, ="00123").
func clean(s string) string {
	s = strings.TrimSpace(strings.Trim(s, "\ufeff\u200b"))
	if len(s) > 3 && strings.HasPrefix(s, `="`) && s[len(s)-1] == '"' {
		s = strings.ReplaceAll(s[2:len(s)-1], `""`, `"`)
	}
	return unguard(s)
}

// guard keeps a text from being a formula when a spreadsheet opens the file; numbers and phones in E.164 are none.
func guard(s string) string {
	body := strings.TrimLeft(s, "'")
	if body == "" || !strings.ContainsRune("=+-@\t\r", rune(body[0])) {
		return s
	}
	if len(body) == len(s) && body[0] != '=' && body[0] != '@' && strings.Trim(body[1:], "0123456789 ().-") == "" {
		return s
	}
	return "'" + s
}

func unguard(s string) string {
	if body := strings.TrimLeft(s, "'"); len(body) < len(s) && body != "" && strings.ContainsRune("=+-@\t\r", rune(body[0])) {
		return s[1:]
	}
	return s
}

// items splits a list: by ";", "|" and line breaks, else by ",". An item that holds those stands in quotes.
func items(s string) []string {
	if s == "" {
		return nil
	}
	separator := ','
	if strings.ContainsAny(s, ";|\n") {
		separator = ';'
	}
	var parts []string
	if strings.ContainsRune(s, '"') {
		r := csv.NewReader(strings.NewReader(strings.ReplaceAll(s, "\n", string(separator))))
		r.Comma, r.LazyQuotes, r.TrimLeadingSpace = separator, true, true
		parts, _ = r.Read()
	}
	if parts == nil {
		parts = strings.FieldsFunc(s, func(r rune) bool { return r == separator || separator == ';' && (r == '|' || r == '\n') })
	}
	for i := range parts {
		parts[i] = strings.Join(strings.Fields(parts[i]), " ")
	}
	return slices.DeleteFunc(parts, func(p string) bool { return p == "" || p == "*" || strings.HasPrefix(p, "* ") })
}

// joined is the inverse of items.
func joined(list []string) string {
	out := make([]string, len(list))
	comma := false
	for i, s := range list {
		comma = comma || strings.ContainsRune(s, ',')
		if out[i] = s; strings.ContainsAny(s, "\";|") {
			out[i] = `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
		}
	}
	text := strings.Join(out, "; ")
	if comma && len(list) == 1 {
		text += ";"
	}
	return text
}

// addresses splits a cell with several email addresses or phone numbers; " ::: " is what Google writes between them.
func addresses(s string) []string {
	s = strings.ReplaceAll(s, ":::", ";")
	if !strings.ContainsAny(s, ";,\n") {
		if s == "" {
			return nil
		}
		return []string{s}
	}
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == ';' || r == ',' || r == '\n' })
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return slices.DeleteFunc(parts, func(p string) bool { return p == "" })
}

// bare takes an email address out of "Ann Lee <ann@example.com>".
func bare(s string) string {
	if from, to := strings.LastIndexByte(s, '<'), strings.LastIndexByte(s, '>'); from >= 0 && to > from {
		return strings.TrimSpace(s[from+1 : to])
	}
	return s
}

// shortened reports whether a spreadsheet has made a power of ten of a long number, so that digits are lost.
func shortened(s string) bool {
	mantissa, exponent, ok := strings.Cut(strings.ToUpper(s), "E+")
	return ok && mantissa != "" && exponent != "" && strings.Trim(mantissa, "0123456789.,") == "" && strings.Trim(exponent, "0123456789") == ""
}

// decimal reads a number as people write it: $450,000 or 1.234,50.
func decimal(s string) (float64, error) {
	t := strings.Trim(strings.ReplaceAll(strings.ReplaceAll(s, " ", ""), "\u00a0", ""), "$€£%")
	comma, point := strings.LastIndexByte(t, ','), strings.LastIndexByte(t, '.')
	switch {
	case comma > point && (point >= 0 || strings.Count(t, ",") == 1 && len(t)-comma != 4): // a decimal comma
		t = strings.ReplaceAll(t[:comma], ".", "") + "." + t[comma+1:]
	default:
		t = strings.ReplaceAll(t, ",", "")
	}
	n, err := strconv.ParseFloat(t, 64)
	if err != nil || strings.Trim(t, "+-0123456789.eE") != "" {
		return 0, fmt.Errorf("%q is not a number", s)
	}
	return n, nil
}

var (
	yes = []string{"yes", "y", "true", "t", "1", "x", "on", "checked", "✓", "ja", "si", "sí", "oui"}
	no  = []string{"no", "n", "false", "f", "0", "off", "unchecked", "-", "none", "never", "nein", "non", "n/a"}
)

// truth reads yes or no.
func truth(s string) (value, ok bool) {
	s = strings.ToLower(s)
	switch {
	case slices.Contains(yes, s):
		return true, true
	case slices.Contains(no, s):
		return false, true
	}
	return false, false
}

// countries are names that people write besides the codes.
var countries = map[string]string{
	"united states": "US", "united states of america": "US", "u.s.": "US", "u.s.a.": "US", "america": "US",
	"canada": "CA", "mexico": "MX", "méxico": "MX", "united kingdom": "GB", "great britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "uk": "GB",
	"northern ireland": "GB", "ireland": "IE", "australia": "AU", "new zealand": "NZ", "germany": "DE", "deutschland": "DE", "austria": "AT", "österreich": "AT", "switzerland": "CH",
	"schweiz": "CH", "france": "FR", "spain": "ES", "españa": "ES", "italy": "IT", "italia": "IT", "portugal": "PT", "netherlands": "NL", "the netherlands": "NL", "belgium": "BE",
	"sweden": "SE", "norway": "NO", "denmark": "DK", "finland": "FI", "poland": "PL", "greece": "GR", "israel": "IL", "india": "IN", "china": "CN", "japan": "JP",
	"south korea": "KR", "singapore": "SG", "philippines": "PH", "south africa": "ZA", "brazil": "BR", "brasil": "BR", "argentina": "AR", "chile": "CL", "colombia": "CO",
	"puerto rico": "PR", "costa rica": "CR", "panama": "PA", "bahamas": "BS", "jamaica": "JM", "dominican republic": "DO", "united arab emirates": "AE", "uae": "AE",
}

// country is the code of a country, by its code or name.
func country(s string) (string, error) {
	if code, ok := countries[strings.ToLower(s)]; ok {
		return code, nil
	}
	if r, err := language.ParseRegion(s); err == nil && r.IsCountry() {
		return r.Canonicalize().String(), nil
	}
	return "", fmt.Errorf("%q is not a country that is known; write its two letters, such as US", s)
}

// zones are how Americans name theirs.
var zones = map[string]string{
	"eastern": "America/New_York", "est": "America/New_York", "edt": "America/New_York", "et": "America/New_York",
	"central": "America/Chicago", "cst": "America/Chicago", "cdt": "America/Chicago", "ct": "America/Chicago",
	"mountain": "America/Denver", "mst": "America/Denver", "mdt": "America/Denver", "mt": "America/Denver",
	"pacific": "America/Los_Angeles", "pst": "America/Los_Angeles", "pdt": "America/Los_Angeles", "pt": "America/Los_Angeles",
	"arizona": "America/Phoenix", "alaska": "America/Anchorage", "hawaii": "Pacific/Honolulu",
}

// zone is the name of a time zone; what is not known is returned as it is, to be refused where zones are checked.
func zone(s string) string {
	k := strings.TrimSpace(strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(s), "time"), "standard "))
	if name, ok := zones[k]; ok {
		return name
	}
	return s
}

// person splits a whole name.
func person(s string) (first, last string) {
	if l, f, ok := strings.Cut(s, ","); ok && !suffix(f) {
		return strings.TrimSpace(f), strings.TrimSpace(l)
	}
	words := strings.Fields(s)
	if len(words) < 2 {
		return s, ""
	}
	at := len(words) - 1
	for at > 1 && suffix(words[at]) {
		at--
	}
	for at > 1 && particle(words[at-1]) {
		at--
	}
	return strings.Join(words[:at], " "), strings.Join(words[at:], " ")
}

func suffix(s string) bool {
	return slices.Contains([]string{"jr", "sr", "ii", "iii", "iv", "md", "phd", "esq"}, strings.ToLower(strings.ReplaceAll(strings.TrimSpace(s), ".", "")))
}

func particle(s string) bool {
	return slices.Contains([]string{"van", "von", "de", "del", "della", "der", "den", "di", "da", "dos", "la", "le", "st.", "al", "bin", "ter", "du"}, strings.ToLower(s))
}
