package merge

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// directive is one % of a date format with its flags.
type directive struct {
	pad    byte // '-' none, '0', '_' spaces, 0 as usual
	upper  bool
	swap   bool
	colons int
	width  int
}

const maxDateWidth = 64

// strftime prints t, which is already in its zone, as Ruby's strftime does. An unknown directive stays as it is.
func strftime(st *state, t time.Time, format string) string {
	var b strings.Builder
	for i := 0; i < len(format); {
		if format[i] != '%' {
			_, size := utf8.DecodeRuneInString(format[i:])
			b.WriteString(format[i : i+size])
			i += size
			continue
		}
		d, at := readFlags(format, i+1)
		if at >= len(format) {
			b.WriteString(format[i:])
			break
		}
		text, ok := d.print(t, format[at])
		if !ok {
			_, size := utf8.DecodeRuneInString(format[at:])
			text = format[i : at+size]
			at += size - 1
		}
		b.WriteString(text)
		i = at + 1
		if !st.fits(b.Len()) {
			break
		}
	}
	return b.String()
}

func readFlags(format string, at int) (directive, int) {
	d := directive{}
	for ; at < len(format); at++ {
		switch c := format[at]; {
		case c == '-' || c == '_' || c == '0' && d.width == 0:
			d.pad = c
		case c == '^':
			d.upper = true
		case c == '#':
			d.swap = true
		case c == ':':
			d.colons++
		case c >= '0' && c <= '9':
			d.width = min(d.width*10+int(c-'0'), maxDateWidth)
		default:
			return d, at
		}
	}
	return d, at
}

func (d directive) print(t time.Time, c byte) (string, bool) {
	if format, ok := compound(c); ok {
		return d.word(t.Format(format)), true
	}
	if n, width, pad, ok := numeric(t, c); ok {
		return d.number(n, width, pad), true
	}
	switch c {
	case '%':
		return "%", true
	case 'n':
		return "\n", true
	case 't':
		return "\t", true
	case 'B':
		return d.word(t.Month().String()), true
	case 'b', 'h':
		return d.word(t.Month().String()[:3]), true
	case 'A':
		return d.word(t.Weekday().String()), true
	case 'a':
		return d.word(t.Weekday().String()[:3]), true
	case 'p':
		if d.swap {
			return t.Format("pm"), true
		}
		return d.word(t.Format("PM")), true
	case 'P':
		return d.word(t.Format("pm")), true
	case 'Z':
		name, _ := t.Zone()
		if d.swap {
			return strings.ToLower(name), true
		}
		return d.word(name), true
	case 'z':
		switch d.colons {
		case 0:
			return t.Format("-0700"), true
		case 1:
			return t.Format("-07:00"), true
		}
		return t.Format("-07:00:00"), true
	}
	return "", false
}

// compound is a directive that stands for several.
func compound(c byte) (string, bool) {
	switch c {
	case 'D', 'x':
		return "01/02/06", true
	case 'F':
		return "2006-01-02", true
	case 'T', 'X':
		return "15:04:05", true
	case 'R':
		return "15:04", true
	case 'r':
		return "03:04:05 PM", true
	case 'c':
		return "Mon Jan _2 15:04:05 2006", true
	case 'v':
		return "_2-Jan-2006", true
	case '+':
		return "Mon Jan _2 15:04:05 MST 2006", true
	}
	return "", false
}

// numeric gives a numeric directive's value with its usual width and padding.
func numeric(t time.Time, c byte) (n int64, width int, pad byte, ok bool) {
	hour12 := (t.Hour()+11)%12 + 1
	isoYear, isoWeek := t.ISOWeek()
	day := t.YearDay() - 1
	value := func(n, width int, pad byte) (int64, int, byte, bool) { return int64(n), width, pad, true }
	switch c {
	case 'Y':
		return value(t.Year(), 4, '0')
	case 'C':
		return value(t.Year()/100, 2, '0')
	case 'y':
		return value(t.Year()%100, 2, '0')
	case 'm':
		return value(int(t.Month()), 2, '0')
	case 'd':
		return value(t.Day(), 2, '0')
	case 'e':
		return value(t.Day(), 2, ' ')
	case 'j':
		return value(t.YearDay(), 3, '0')
	case 'H':
		return value(t.Hour(), 2, '0')
	case 'k':
		return value(t.Hour(), 2, ' ')
	case 'I':
		return value(hour12, 2, '0')
	case 'l':
		return value(hour12, 2, ' ')
	case 'M':
		return value(t.Minute(), 2, '0')
	case 'S':
		return value(t.Second(), 2, '0')
	case 'L':
		return value(t.Nanosecond()/1e6, 3, '0')
	case 'N':
		return value(t.Nanosecond(), 9, '0')
	case 's':
		return t.Unix(), 1, '0', true
	case 'u':
		return value((int(t.Weekday())+6)%7+1, 1, '0')
	case 'w':
		return value(int(t.Weekday()), 1, '0')
	case 'G':
		return value(isoYear, 4, '0')
	case 'g':
		return value(isoYear%100, 2, '0')
	case 'V':
		return value(isoWeek, 2, '0')
	case 'U':
		return value((day+7-int(t.Weekday()))/7, 2, '0')
	case 'W':
		return value((day+7-(int(t.Weekday())+6)%7)/7, 2, '0')
	}
	return 0, 0, 0, false
}

func (d directive) number(n int64, width int, pad byte) string {
	switch d.pad {
	case '-':
		return strconv.FormatInt(n, 10)
	case '0':
		pad = '0'
	case '_':
		pad = ' '
	}
	if d.width > 0 {
		width = d.width
	}
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	digits := strconv.FormatInt(n, 10)
	fill := strings.Repeat(string(rune(pad)), max(width-len(sign)-len(digits), 0))
	if pad == ' ' {
		return fill + sign + digits
	}
	return sign + fill + digits
}

func (d directive) word(s string) string {
	if d.upper || d.swap && strings.ToUpper(s) != s {
		s = strings.ToUpper(s)
	}
	fill := " "
	if d.pad == '0' {
		fill = "0"
	}
	return strings.Repeat(fill, max(d.width-utf8.RuneCountInString(s), 0)) + s
}
