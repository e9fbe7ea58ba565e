package merge

import (
	"math"
	"strconv"
	"strings"
)

// toNumber reads a value as int64 or float64. As in Liquid a text counts with the number it begins with, anything else as 0.
func toNumber(v any) any {
	switch v := v.(type) {
	case int64, float64:
		return v
	}
	s, ok := textOf(v)
	if !ok {
		return int64(0)
	}
	s = strings.TrimSpace(s)
	size, float := numberPrefix(s)
	if float && size == len(s) {
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			return f
		}
		return int64(0)
	}
	if at := strings.IndexByte(s[:size], '.'); at >= 0 {
		size = at
	}
	if n, err := strconv.ParseInt(s[:size], 10, 64); err == nil {
		return n
	}
	if f, err := strconv.ParseFloat(s[:size], 64); err == nil {
		return f
	}
	return int64(0)
}

// numberPrefix measures the number that s begins with, and says whether it has decimals.
func numberPrefix(s string) (size int, float bool) {
	i := 0
	if i < len(s) && s[i] == '-' {
		i++
	}
	digits := func() bool {
		from := i
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		return i > from
	}
	if !digits() {
		return 0, false
	}
	size = i
	if i < len(s) && s[i] == '.' {
		i++
		if digits() {
			return i, true
		}
	}
	return size, false
}

// wholeNumber reads an int64, or a text that is one.
func wholeNumber(v any) (int64, bool) {
	if n, ok := v.(int64); ok {
		return n, true
	}
	if s, ok := textOf(v); ok {
		n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
		return n, err == nil
	}
	return 0, false
}

func compareNumbers(a, b any) (int, bool) {
	x, xInt := a.(int64)
	y, yInt := b.(int64)
	if xInt && yInt {
		switch {
		case x < y:
			return -1, true
		case x > y:
			return 1, true
		}
		return 0, true
	}
	f, fFloat := a.(float64)
	g, gFloat := b.(float64)
	if !xInt && !fFloat || !yInt && !gFloat {
		return 0, false
	}
	if xInt {
		f = float64(x)
	}
	if yInt {
		g = float64(y)
	}
	switch {
	case f < g:
		return -1, true
	case f > g:
		return 1, true
	}
	return 0, true
}

// formatFloat prints a float without an exponent and always with decimals: 5.0.
func formatFloat(f float64) string {
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if strings.IndexByte(s, '.') < 0 {
		s += ".0"
	}
	return s
}

// decimal is coef × 10^-scale: what a person means by 10.1. Arithmetic that doesn't fit falls back to floats,
// so no number can grow without bound.
type decimal struct {
	coef  int64
	scale int // 0 … maxScale
}

const maxScale = 18

// toDecimal takes the shortest decimal that reads as the same float.
func toDecimal(v any) (decimal, bool) {
	if n, ok := v.(int64); ok {
		return decimal{coef: n}, true
	}
	f, ok := v.(float64)
	if !ok {
		return decimal{}, false
	}
	whole, fraction, _ := strings.Cut(strconv.FormatFloat(f, 'f', -1, 64), ".")
	if len(fraction) > maxScale {
		return decimal{}, false
	}
	coef, err := strconv.ParseInt(whole+fraction, 10, 64)
	return decimal{coef: coef, scale: len(fraction)}, err == nil
}

// float is the float nearest to d.
func (d decimal) float() float64 {
	f, err := strconv.ParseFloat(strconv.FormatInt(d.coef, 10)+"e-"+strconv.Itoa(d.scale), 64)
	if err != nil {
		return 0
	}
	return f
}

// align brings two decimals to one scale.
func align(a, b decimal) (x, y int64, scale int, ok bool) {
	scale = max(a.scale, b.scale)
	x, ok = mulInt(a.coef, pow10(scale-a.scale))
	if !ok {
		return 0, 0, 0, false
	}
	y, ok = mulInt(b.coef, pow10(scale-b.scale))
	return x, y, scale, ok
}

// pow10 is exact for 0 ≤ n ≤ maxScale.
func pow10(n int) int64 {
	p := int64(1)
	for range n {
		p *= 10
	}
	return p
}

func addInt(a, b int64) (int64, bool) {
	sum := a + b
	return sum, (sum > a) == (b > 0)
}

func mulInt(a, b int64) (int64, bool) {
	if a == 0 || b == 0 {
		return 0, true
	}
	product := a * b
	ok := product/b == a && !(a == -1 && b == math.MinInt64) && !(b == -1 && a == math.MinInt64)
	return product, ok
}

// floorDiv and floorMod round towards minus infinity, as Liquid does; b is not 0.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

func floorMod(a, b int64) int64 {
	m := a % b
	if m != 0 && (m < 0) != (b < 0) {
		m += b
	}
	return m
}
