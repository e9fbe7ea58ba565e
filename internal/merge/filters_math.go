package merge

import "math"

// mathFilters calculate. Decimals are exact where they fit 18 digits; whole numbers stay whole.
func mathFilters() []filterSpec {
	return []filterSpec{
		{"abs", 0, 0, absolute},
		{"at_least", 1, 1, func(st *state, in any, args []any) any { return extreme(st, in, args[0], 1) }},
		{"at_most", 1, 1, func(st *state, in any, args []any) any { return extreme(st, in, args[0], -1) }},
		{"ceil", 0, 0, func(st *state, in any, _ []any) any { return whole(st, in, math.Ceil) }},
		{"floor", 0, 0, func(st *state, in any, _ []any) any { return whole(st, in, math.Floor) }},
		{"round", 0, 1, round},
		{"plus", 1, 1, func(st *state, in any, args []any) any { return plus(st, st.number(in), st.number(args[0]), 1) }},
		{"minus", 1, 1, func(st *state, in any, args []any) any { return plus(st, st.number(in), st.number(args[0]), -1) }},
		{"times", 1, 1, times},
		{"divided_by", 1, 1, dividedBy},
		{"modulo", 1, 1, modulo},
	}
}

func (st *state) number(v any) any { return toNumber(st.norm(v)) }

func asFloat(n any) float64 {
	switch n := n.(type) {
	case int64:
		return float64(n)
	case float64:
		return n
	}
	return 0
}

// finite passes a float on unless it left the range of floats.
func (st *state) finite(f float64) any {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		st.over("number", 0)
		return nil
	}
	return f
}

// toInt passes a whole float on as an int64.
func (st *state) toInt(f float64) any {
	if math.Abs(f) >= 1<<63 {
		st.over("number", 0)
		return nil
	}
	return int64(f)
}

func absolute(st *state, in any, _ []any) any {
	switch n := st.number(in).(type) {
	case int64:
		if n == math.MinInt64 {
			st.over("number", 0)
			return nil
		}
		return max(n, -n)
	case float64:
		return math.Abs(n)
	}
	return nil
}

func extreme(st *state, in, other any, sign int) any {
	a, b := st.number(in), st.number(other)
	if order, _ := compareNumbers(a, b); order*sign < 0 {
		return b
	}
	return a
}

func whole(st *state, in any, towards func(float64) float64) any {
	n := st.number(in)
	if f, ok := n.(float64); ok {
		return st.toInt(towards(f))
	}
	return n
}

// round rounds halves away from zero; to no decimals or fewer it gives a whole number.
func round(st *state, in any, args []any) any {
	n := st.number(in)
	digits := 0
	switch d := st.number(arg(args, 0)).(type) {
	case int64:
		digits = int(min(max(d, -19), 19))
	case float64:
		digits = int(min(max(d, -19), 19))
	}
	if _, isInt := n.(int64); isInt && digits >= 0 {
		return n
	}
	d, exact := toDecimal(n)
	if !exact {
		if digits > 0 {
			return n
		}
		return st.toInt(math.Round(asFloat(n)))
	}
	if digits >= d.scale {
		if digits <= 0 {
			return d.coef
		}
		return n
	}
	drop := d.scale - digits
	if drop > maxScale {
		return int64(0)
	}
	unit := pow10(drop)
	kept := d.coef / unit
	if rest := d.coef % unit; rest >= unit-rest || -rest >= unit+rest {
		if d.coef < 0 {
			kept--
		} else {
			kept++
		}
	}
	if digits > 0 {
		return decimal{coef: kept, scale: digits}.float()
	}
	result, ok := mulInt(kept, pow10(-digits))
	if !ok {
		st.over("number", 0)
		return nil
	}
	return result
}

func plus(st *state, a, b any, sign int64) any {
	x, isInt := a.(int64)
	y, isInt2 := b.(int64)
	if isInt && isInt2 {
		y, ok := mulInt(y, sign)
		sum, ok2 := addInt(x, y)
		if !ok || !ok2 {
			st.over("number", 0)
			return nil
		}
		return sum
	}
	c, ok := toDecimal(a)
	d, ok2 := toDecimal(b)
	if ok && ok2 {
		if x, y, scale, ok := align(c, d); ok {
			if y, ok := mulInt(y, sign); ok {
				if sum, ok := addInt(x, y); ok {
					return decimal{coef: sum, scale: scale}.float()
				}
			}
		}
	}
	return st.finite(asFloat(a) + float64(sign)*asFloat(b))
}

func times(st *state, in any, args []any) any {
	a, b := st.number(in), st.number(args[0])
	x, isInt := a.(int64)
	y, isInt2 := b.(int64)
	if isInt && isInt2 {
		product, ok := mulInt(x, y)
		if !ok {
			st.over("number", 0)
			return nil
		}
		return product
	}
	c, ok := toDecimal(a)
	d, ok2 := toDecimal(b)
	if ok && ok2 {
		if product, ok := mulInt(c.coef, d.coef); ok {
			return decimal{coef: product, scale: c.scale + d.scale}.float()
		}
	}
	return st.finite(asFloat(a) * asFloat(b))
}

// divisor refuses a division by zero, whole or not: no sensible text comes of it.
func (st *state) divisor(v any) (any, bool) {
	n := st.number(v)
	if asFloat(n) == 0 {
		st.fail("division by zero")
		return nil, false
	}
	return n, true
}

func dividedBy(st *state, in any, args []any) any {
	a := st.number(in)
	b, ok := st.divisor(args[0])
	if !ok {
		return nil
	}
	x, isInt := a.(int64)
	y, isInt2 := b.(int64)
	if !isInt || !isInt2 {
		return st.finite(asFloat(a) / asFloat(b))
	}
	if x == math.MinInt64 && y == -1 {
		st.over("number", 0)
		return nil
	}
	return floorDiv(x, y)
}

func modulo(st *state, in any, args []any) any {
	a := st.number(in)
	b, ok := st.divisor(args[0])
	if !ok {
		return nil
	}
	x, isInt := a.(int64)
	y, isInt2 := b.(int64)
	if isInt && isInt2 {
		return floorMod(x, y)
	}
	c, ok := toDecimal(a)
	d, ok2 := toDecimal(b)
	if ok && ok2 {
		if x, y, scale, ok := align(c, d); ok && y != 0 {
			return decimal{coef: floorMod(x, y), scale: scale}.float()
		}
	}
	f, g := asFloat(a), asFloat(b)
	m := math.Mod(f, g)
	if m != 0 && (m < 0) != (g < 0) {
		m += g
	}
	return st.finite(m)
}
