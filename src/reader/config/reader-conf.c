/* SPDX-License-Identifier: BSD-2-Clause */
/* reader.conf(5): one pass, line by line, no state but the reader so far. */
#include "reader/config/reader-conf.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum key {
	KEY_NAME = 1 << 0,
	KEY_DEVICE = 1 << 1,
	KEY_LIBRARY = 1 << 2,
	KEY_CHANNEL = 1 << 3,
	KEY_ALL = (1 << 4) - 1,
};

struct parser {
	struct reader_list *list;
	struct reader_conf now;
	unsigned int have; /* enum key bits of `now` */
	unsigned int line;
	struct why *why;
};

static err_t
wrong(const struct parser *p, const char *what)
{
	return why_add(p->why, ERR_FORMAT, "line %u: %s", p->line, what);
}

/* The reader so far is the whole reader. */
static err_t
finish(struct parser *p)
{
	if ((p->have & KEY_NAME) == 0)
		return wrong(p, "the reader before it has no FRIENDLYNAME");
	if ((p->have & KEY_LIBRARY) == 0)
		return wrong(p, "the reader before it has no LIBPATH");
	if ((p->have & (KEY_DEVICE | KEY_CHANNEL)) == 0)
		return wrong(p,
		    "the reader before it has neither DEVICENAME nor "
		    "CHANNELID");
	if (p->list->n < READER_CONF_MAX)
		p->list->readers[p->list->n++] = p->now;
	else
		p->list->left_out++;
	p->now = (struct reader_conf){ 0 };
	p->have = 0;
	return ERR_OK;
}

static unsigned int
key_of(struct span word)
{
	/* clang-format off */
	static const struct {
		const char *word;
		unsigned int key;
	} keys[] = {
		{ "FRIENDLYNAME", KEY_NAME },
		{ "DEVICENAME", KEY_DEVICE },
		{ "LIBPATH", KEY_LIBRARY },
		{ "CHANNELID", KEY_CHANNEL },
	};
	/* clang-format on */

	for (size_t i = 0; i < nitems(keys); i++) {
		if (span_eq(word, span_str(keys[i].word)))
			return keys[i].key;
	}
	return 0;
}

static bool
blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

static void
skip_blanks(struct span *s)
{
	while (s->n > 0 && blank(s->p[0])) {
		s->p++;
		s->n--;
	}
}

static struct span
take_first(struct span *s, size_t n)
{
	struct span out = { s->p, n };

	s->p += n;
	s->n -= n;
	return out;
}

/* Up to a blank, a quote or a comment. */
static struct span
take_word(struct span *s)
{
	size_t n = 0;

	while (n < s->n && !blank(s->p[n]) && s->p[n] != '"' && s->p[n] != '#')
		n++;
	return take_first(s, n);
}

static err_t
take_value(const struct parser *p, struct span *s, struct span *out)
{
	const uint8_t *end;

	if (s->n == 0 || (s->p[0] != '"' && s->p[0] != '\'')) {
		*out = take_word(s);
		return out->n > 0 ? ERR_OK : wrong(p, "no value");
	}
	end = memchr(s->p + 1, s->p[0], s->n - 1);
	(void)take_first(s, 1);
	if (end == NULL)
		return wrong(p, "a quote that is not closed");
	*out = take_first(s, (size_t)(end - s->p));
	(void)take_first(s, 1);
	return out->n > 0 ? ERR_OK : wrong(p, "an empty value");
}

static bool
copy(struct span v, char *out, size_t cap)
{
	if (v.n >= cap || !text_ok(v))
		return false;
	memcpy(out, v.p, v.n);
	out[v.n] = '\0';
	return true;
}

static bool
digit(uint8_t c, unsigned int *out)
{
	if (c >= '0' && c <= '9')
		*out = c - '0';
	else if (c >= 'a' && c <= 'f')
		*out = c - 'a' + 10u;
	else if (c >= 'A' && c <= 'F')
		*out = c - 'A' + 10u;
	else
		return false;
	return true;
}

/* As strtoul(3) with base 0, but all of the value and no sign. */
static bool
number(struct span v, uint32_t *out)
{
	unsigned int base = 10, d;
	uint64_t sum = 0;

	if (v.n > 1 && v.p[0] == '0') {
		bool hex = v.p[1] == 'x' || v.p[1] == 'X';

		base = hex ? 16 : 8;
		(void)take_first(&v, hex ? 2 : 1);
	}
	if (v.n == 0)
		return false;
	for (size_t i = 0; i < v.n; i++) {
		if (!digit(v.p[i], &d) || d >= base)
			return false;
		sum = sum * base + d;
		if (sum > UINT32_MAX)
			return false;
	}
	*out = (uint32_t)sum;
	return true;
}

static err_t
set(struct parser *p, unsigned int key, struct span v)
{
	switch (key) {
	case KEY_NAME:
		/* a longer one is cut, as pcscd does */
		v = span_first(v, sizeof(p->now.name) - 1);
		if (!copy(v, p->now.name, sizeof(p->now.name)))
			return wrong(p, "FRIENDLYNAME is no text");
		break;
	case KEY_DEVICE:
		if (!copy(v, p->now.device, sizeof(p->now.device)))
			return wrong(p, "DEVICENAME is too long or no text");
		break;
	case KEY_LIBRARY:
		if (v.p[0] != '/' ||
		    !copy(v, p->now.library, sizeof(p->now.library)))
			return wrong(p, "LIBPATH is no absolute path");
		break;
	default:
		if (!number(v, &p->now.channel))
			return wrong(p, "CHANNELID is no number");
		break;
	}
	p->have |= key;
	return ERR_OK;
}

static err_t
parse_pair(struct parser *p, struct span *line)
{
	struct span word = take_word(line), value = SPAN_NONE;
	unsigned int key = key_of(word);
	err_t e;

	if (key == 0)
		return wrong(p,
		    "not one of FRIENDLYNAME, DEVICENAME, "
		    "LIBPATH, CHANNELID");
	skip_blanks(line);
	if ((e = take_value(p, line, &value)))
		return e;
	if (((p->have & key) != 0 && (e = finish(p))) ||
	    (e = set(p, key, value)))
		return e;
	return p->have == KEY_ALL ? finish(p) : ERR_OK;
}

/* Mostly one pair; pcscd takes several. */
static err_t
parse_line(struct parser *p, struct span line)
{
	err_t e = ERR_OK;

	skip_blanks(&line);
	while (e == ERR_OK && line.n > 0 && line.p[0] != '#') {
		e = parse_pair(p, &line);
		skip_blanks(&line);
	}
	return e;
}

static err_t
parse_all(struct parser *p, struct span text)
{
	const uint8_t *end;
	err_t e;

	while (text.n > 0) {
		end = memchr(text.p, '\n', text.n);
		p->line++;
		if ((e = parse_line(p,
			 take_first(&text,
			     end != NULL ? (size_t)(end - text.p) : text.n))))
			return e;
		if (end != NULL)
			(void)take_first(&text, 1);
	}
	p->line++; /* the end of the file is what comes after it */
	return p->have != 0 ? finish(p) : ERR_OK;
}

err_t
reader_conf_parse(struct span text, struct reader_list *list, struct why *why)
{
	const size_t n = list->n, left_out = list->left_out;
	struct parser p = { .list = list, .why = why };
	err_t e;

	if (text.n > READER_CONF_SIZE)
		return why_add(
		    why, ERR_LIMIT, "longer than %d bytes", READER_CONF_SIZE);
	if ((e = parse_all(&p, text))) {
		list->n = n;
		list->left_out = left_out;
	}
	return e;
}
