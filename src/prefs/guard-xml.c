/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shape of an XML property list, in one pass with a stack of fixed size.
 * This is not an XML parser: it knows the eleven elements of the format, no
 * attributes but those of <plist>, no CDATA, no internal DTD, and refuses what
 * it does not know, so that it and libplist cannot read the same bytes
 * differently.
 */
#include <string.h>

#include "prefs/pl.h"

enum element {
	EL_PLIST,
	EL_DICT,
	EL_ARRAY, /* the ones before hold elements, the others text */
	EL_KEY,
	EL_STRING,
	EL_INTEGER,
	EL_REAL,
	EL_DATE,
	EL_DATA,
	EL_TRUE,
	EL_FALSE,
	EL_COUNT
};

static const char *const names[EL_COUNT] = { "plist", "dict", "array", "key",
	"string", "integer", "real", "date", "data", "true", "false" };

struct level {
	enum element el;
	size_t children;
};

struct scan {
	struct span in;
	struct level stack[PL_DEPTH_MAX + 2]; /* <plist> and a leaf besides */
	size_t depth;
	size_t keys, nodes;
	bool done; /* </plist> was seen */
	struct why *why;
};

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
all_blank(struct span s)
{
	while (s.n > 0 && is_blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	return s.n == 0;
}

static bool
starts(struct span s, const char *with)
{
	size_t n = strlen(with);

	return s.n >= n && memcmp(s.p, with, n) == 0;
}

static void
skip(struct span *s, size_t n)
{
	s->p += n;
	s->n -= n;
}

/* Where `what` begins in `s`, or s.n. */
static size_t
find(struct span s, const char *what)
{
	const void *at;

	if (s.p == NULL)
		return s.n;
	at = memmem(s.p, s.n, what, strlen(what));
	return at == NULL ? s.n : (size_t)((const uint8_t *)at - s.p);
}

/* Optional sign and digits that fit into int64_t; libplist would clamp. */
static bool
integer_ok(struct span s)
{
	bool minus = s.n > 0 && s.p[0] == '-';
	uint64_t v = 0, most = (uint64_t)INT64_MAX + (minus ? 1 : 0);

	if (s.n > 0 && (minus || s.p[0] == '+'))
		skip(&s, 1);
	if (s.n == 0)
		return false;
	for (; s.n > 0; skip(&s, 1)) {
		unsigned int digit = s.p[0] - (unsigned int)'0';

		if (digit > 9 || v > (most - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	return true;
}

static err_t
text(struct scan *x, struct span s)
{
	enum element in;

	if (x->depth == 0 || x->stack[x->depth - 1].el <= EL_ARRAY)
		return all_blank(s)
		    ? ERR_OK
		    : why_add(x->why, ERR_FORMAT, "text outside of a value");
	in = x->stack[x->depth - 1].el;
	if (in == EL_INTEGER && !integer_ok(s))
		return why_add(x->why, ERR_FORMAT,
		    "an integer that is none, or too large");
	if ((in == EL_TRUE || in == EL_FALSE) && s.n > 0)
		return why_add(x->why, ERR_FORMAT, "text in a boolean");
	return ERR_OK;
}

/* May this element stand here? Keys and values alternate in a dictionary. */
static bool
fits(const struct scan *x, enum element el)
{
	const struct level *parent;

	if (x->depth == 0)
		return el == EL_PLIST && !x->done;
	parent = &x->stack[x->depth - 1];
	switch (parent->el) {
	case EL_PLIST:
		return parent->children == 0 && el != EL_PLIST && el != EL_KEY;
	case EL_DICT:
		return el != EL_PLIST &&
		    (el == EL_KEY) == (parent->children % 2 == 0);
	case EL_ARRAY:
		return el != EL_PLIST && el != EL_KEY;
	case EL_KEY:
	case EL_STRING:
	case EL_INTEGER:
	case EL_REAL:
	case EL_DATE:
	case EL_DATA:
	case EL_TRUE:
	case EL_FALSE:
	case EL_COUNT:
		break;
	}
	return false;
}

static err_t
open_element(struct scan *x, enum element el)
{
	size_t most = el <= EL_ARRAY ? PL_DEPTH_MAX + 1 : PL_DEPTH_MAX + 2;

	if (!fits(x, el))
		return why_add(
		    x->why, ERR_FORMAT, "<%s> is out of place", names[el]);
	if (x->depth >= most)
		return why_add(x->why, ERR_LIMIT,
		    "more than %d containers inside each other", PL_DEPTH_MAX);
	if (++x->nodes > PL_NODES_MAX)
		return why_add(
		    x->why, ERR_LIMIT, "more than %d values", PL_NODES_MAX);
	if (el == EL_KEY)
		x->keys++;
	if (x->depth > 0)
		x->stack[x->depth - 1].children++;
	x->stack[x->depth++] = (struct level){ .el = el };
	return ERR_OK;
}

static err_t
close_element(struct scan *x, enum element el)
{
	const struct level *top;

	if (x->depth == 0 || x->stack[x->depth - 1].el != el)
		return why_add(
		    x->why, ERR_FORMAT, "</%s> closes nothing", names[el]);
	top = &x->stack[x->depth - 1];
	if (el == EL_DICT && top->children % 2 != 0)
		return why_add(x->why, ERR_FORMAT, "a key without a value");
	if (el == EL_PLIST && top->children != 1)
		return why_add(x->why, ERR_FORMAT, "an empty list");
	x->depth--;
	x->done = el == EL_PLIST;
	return ERR_OK;
}

static bool
element_named(struct span name, enum element *out)
{
	for (unsigned int i = 0; i < EL_COUNT; i++) {
		if (span_eq(name, span_str(names[i]))) {
			*out = (enum element)i;
			return true;
		}
	}
	return false;
}

/* One tag; `s` is what stands between < and >. */
static err_t
tag(struct scan *x, struct span s)
{
	bool closing = s.n > 0 && s.p[0] == '/';
	bool empty = !closing && s.n > 0 && s.p[s.n - 1] == '/';
	enum element el;
	err_t e;
	size_t n = 0;

	if (closing)
		skip(&s, 1);
	if (empty)
		s.n--;
	while (n < s.n && !is_blank(s.p[n]))
		n++;
	if (!element_named(span_first(s, n), &el))
		return why_add(x->why, ERR_FORMAT, "an unknown element");
	skip(&s, n);
	if (!all_blank(s) && (el != EL_PLIST || closing))
		return why_add(
		    x->why, ERR_FORMAT, "<%s> with attributes", names[el]);
	if (closing)
		return close_element(x, el);
	if ((e = open_element(x, el)) || !empty)
		return e;
	if (el == EL_INTEGER)
		return why_add(x->why, ERR_FORMAT, "an empty integer");
	return close_element(x, el);
}

/* Comment, processing instruction or document type: passed over. */
static err_t
aside(struct scan *x, const char *begin, const char *end)
{
	size_t n = find(x->in, end);

	if (n == x->in.n)
		return why_add(x->why, ERR_FORMAT, "%s does not end", begin);
	if (x->depth > 0 && x->stack[x->depth - 1].el > EL_ARRAY)
		return why_add(x->why, ERR_FORMAT, "%s in a value", begin);
	if (end[0] == '>' &&
	    (x->depth > 0 || x->done || memchr(x->in.p, '[', n) != NULL))
		return why_add(x->why, ERR_FORMAT,
		    "a document type that is not the plain one");
	skip(&x->in, n + strlen(end));
	return ERR_OK;
}

static err_t
markup(struct scan *x)
{
	struct span body;
	size_t n;

	if (starts(x->in, "<!--"))
		return skip(&x->in, 4), aside(x, "<!--", "-->");
	if (starts(x->in, "<?"))
		return aside(x, "<?", "?>");
	if (starts(x->in, "<!DOCTYPE"))
		return aside(x, "<!DOCTYPE", ">");
	if ((n = find(x->in, ">")) == x->in.n)
		return why_add(x->why, ERR_FORMAT, "a tag that does not end");
	body = span_from(x->in.p + 1, n - 1);
	skip(&x->in, n + 1);
	return tag(x, body);
}

err_t
pl_guard_xml(struct span in, size_t *keys, struct why *why)
{
	struct scan x = { .in = in, .why = why };
	size_t n;
	err_t e;

	if (in.n > PL_SIZE_MAX)
		return why_add(
		    why, ERR_LIMIT, "longer than %d bytes", PL_SIZE_MAX);
	if (in.n > 0 && memchr(in.p, 0, in.n) != NULL)
		return why_add(why, ERR_FORMAT, "a zero byte");
	while (x.in.n > 0) {
		n = find(x.in, "<");
		if ((e = text(&x, span_first(x.in, n))))
			return e;
		skip(&x.in, n);
		if (x.in.n > 0 && (e = markup(&x)))
			return e;
	}
	if (!x.done)
		return why_add(why, ERR_FORMAT, "it ends before </plist>");
	*keys = x.keys;
	return ERR_OK;
}
