package merge

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const whiteSpace = " \t\r\n\f\v"

type chunkKind uint8

const (
	chunkEnd chunkKind = iota
	chunkText
	chunkOutput
	chunkTag
)

// chunk is a stretch of the source: literal text, {{ … }} or {% … %}. from and to delimit what is inside the braces,
// for a tag what follows its name.
type chunk struct {
	kind     chunkKind
	name     string // of a tag
	off      int    // where the stretch begins
	from, to int
}

// next cuts the next chunk off the source and applies the white space control of its neighbours.
func (p *parser) next() chunk {
	if p.pos >= len(p.src) {
		return chunk{kind: chunkEnd, off: len(p.src)}
	}
	rest := p.src[p.pos:]
	open := markupStart(rest)
	if open != 0 {
		c := chunk{kind: chunkText, off: p.pos, from: p.pos, to: p.pos + open}
		trimRight := false
		if open < 0 {
			c.to = len(p.src)
		} else {
			trimRight = strings.HasPrefix(rest[open+2:], "-")
		}
		p.pos = c.to
		p.trimText(&c, trimRight)
		return c
	}
	closing, kind := "}}", chunkOutput
	if rest[1] == '%' {
		closing, kind = "%}", chunkTag
	}
	c := chunk{kind: kind, off: p.pos, from: p.pos + 2}
	end := strings.Index(rest[2:], closing)
	if end < 0 {
		p.errorAt(p.pos, "this "+rest[:2]+" is never closed: add "+closing)
		p.pos = len(p.src)
		return chunk{kind: chunkEnd, off: len(p.src)}
	}
	c.to = c.from + end
	p.pos = c.to + 2
	p.trimNext = false
	if c.from < c.to && p.src[c.from] == '-' {
		c.from++
	}
	if c.from < c.to && p.src[c.to-1] == '-' {
		c.to--
		p.trimNext = true
	}
	if kind == chunkTag {
		inner := p.src[c.from:c.to]
		lead := len(inner) - len(strings.TrimLeft(inner, whiteSpace))
		size := strings.IndexFunc(inner[lead:], func(r rune) bool { return !isNameRune(r) })
		if size < 0 {
			size = len(inner) - lead
		}
		c.name = inner[lead : lead+size]
		c.from += lead + size
	}
	return c
}

// trimText takes white space off a text chunk where the tags beside it ask for it.
func (p *parser) trimText(c *chunk, right bool) {
	text := p.src[c.from:c.to]
	if p.trimNext {
		text = strings.TrimLeft(text, whiteSpace)
		c.from = c.to - len(text)
		p.trimNext = false
	}
	if right {
		c.to = c.from + len(strings.TrimRight(text, whiteSpace))
	}
}

// markupStart finds the first {{ or {% in s, -1 when there is none.
func markupStart(s string) int {
	for i := 0; ; {
		at := strings.IndexByte(s[i:], '{')
		if at < 0 || i+at+1 >= len(s) {
			return -1
		}
		i += at
		if s[i+1] == '{' || s[i+1] == '%' {
			return i
		}
		i++
	}
}

// skipRaw returns the text up to {% endraw %} and moves behind it.
func (p *parser) skipRaw(open chunk) (chunk, bool) {
	c := chunk{kind: chunkText, off: p.pos, from: p.pos, to: p.pos}
	for at := p.pos; ; {
		i := strings.Index(p.src[at:], "{%")
		if i < 0 {
			p.errorAt(open.off, "this {% raw %} is never closed: add {% endraw %}")
			p.pos = len(p.src)
			return c, false
		}
		at += i
		inner := p.src[at+2:]
		trim := strings.HasPrefix(inner, "-")
		inner = strings.TrimLeft(strings.TrimPrefix(inner, "-"), whiteSpace)
		if tail, ok := strings.CutPrefix(inner, "endraw"); ok {
			tail = strings.TrimLeft(tail, whiteSpace)
			trimNext := strings.HasPrefix(tail, "-")
			tail = strings.TrimPrefix(tail, "-")
			if strings.HasPrefix(tail, "%}") {
				c.to = at
				p.trimText(&c, trim)
				p.pos = len(p.src) - len(tail) + 2
				p.trimNext = trimNext
				return c, true
			}
		}
		at += 2
	}
}

// skipComment moves behind the {% endcomment %} that belongs to open. What stands in between isn't parsed,
// but comments nest and raw hides an endcomment, as in Liquid.
func (p *parser) skipComment(open chunk) {
	for depth := 1; depth > 0; {
		i := strings.Index(p.src[p.pos:], "{%")
		if i < 0 {
			p.errorAt(open.off, "this {% comment %} is never closed: add {% endcomment %}")
			p.pos = len(p.src)
			return
		}
		p.pos += i
		c := p.next()
		switch c.name {
		case "comment":
			depth++
		case "endcomment":
			depth--
		case "raw":
			p.skipRaw(c)
		}
	}
}

type tokenKind uint8

const (
	tokEnd tokenKind = iota
	tokName
	tokNumber
	tokString
	tokSign // punctuation and comparison operators
)

// token is a word inside the braces.
type token struct {
	kind  tokenKind
	text  string // a string's text is without its quotes
	value any    // of a number: int64 or float64
	pos   int
}

func isNameRune(r rune) bool {
	return r == '_' || r == '-' || r < utf8.RuneSelf && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9') ||
		r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// advance reads the next token into e.tok; a mistake ends the expression.
func (e *exprParser) advance() {
	for e.pos < e.end && strings.IndexByte(whiteSpace, e.src[e.pos]) >= 0 {
		e.pos++
	}
	start := e.pos
	e.tok = token{pos: start}
	if start >= e.end {
		return
	}
	rest := e.src[start:e.end]
	c := rest[0]
	switch {
	case c == '"' || c == '\'':
		size := strings.IndexByte(rest[1:], c)
		if size < 0 {
			e.fail(start, "this text is never closed: add "+string(c))
			return
		}
		e.tok.kind, e.tok.text = tokString, rest[1:1+size]
		e.pos += size + 2
	case c >= '0' && c <= '9', c == '-' && len(rest) > 1 && rest[1] >= '0' && rest[1] <= '9':
		e.number(rest)
	default:
		e.word(rest)
	}
}

func (e *exprParser) number(rest string) {
	size, float := 1, false
	for size < len(rest) {
		if c := rest[size]; c >= '0' && c <= '9' {
			size++
		} else if c == '.' && !float && size+1 < len(rest) && rest[size+1] >= '0' && rest[size+1] <= '9' {
			float = true
			size += 2
		} else {
			break
		}
	}
	e.tok.kind, e.tok.text = tokNumber, rest[:size]
	if float {
		f, err := strconv.ParseFloat(rest[:size], 64)
		if err != nil {
			e.fail(e.tok.pos, "the number "+short(rest[:size])+" is too large")
			return
		}
		e.tok.value = f
	} else {
		n, err := strconv.ParseInt(rest[:size], 10, 64)
		if err != nil {
			e.fail(e.tok.pos, "the number "+short(rest[:size])+" is too large")
			return
		}
		e.tok.value = n
	}
	e.pos += size
}

func (e *exprParser) word(rest string) {
	r, _ := utf8.DecodeRuneInString(rest)
	if r != '-' && isNameRune(r) {
		size := strings.IndexFunc(rest, func(r rune) bool { return !isNameRune(r) })
		if size < 0 {
			size = len(rest)
		}
		if size < len(rest) && rest[size] == '?' {
			size++
		}
		e.tok.kind, e.tok.text = tokName, rest[:size]
		e.pos += size
		return
	}
	size := 0
	for _, sign := range [...]string{"==", "!=", "<>", "<=", ">=", "..", "<", ">", "=", ".", "[", "]", "(", ")", "|", ":", ","} {
		if strings.HasPrefix(rest, sign) {
			size = len(sign)
			break
		}
	}
	if size == 0 {
		switch {
		case strings.HasPrefix(rest, "{{"), strings.HasPrefix(rest, "{%"):
			e.fail(e.tok.pos, "unexpected "+rest[:2]+": close what stands before it first")
		case r == '“' || r == '”' || r == '‘' || r == '’' || r == '„':
			e.fail(e.tok.pos, "unexpected "+string(r)+`: use straight quotes, as in "there"`)
		default:
			e.fail(e.tok.pos, "unexpected "+strconv.QuoteRune(r))
		}
		return
	}
	e.tok.kind, e.tok.text = tokSign, rest[:size]
	e.pos += size
}

// short keeps quoted source in messages readable.
func short(s string) string {
	const most = 40
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}
