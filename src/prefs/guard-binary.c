/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shape of a binary property list (CFBinaryPList.c): "bplist00", objects, a
 * table of their offsets, a trailer of 32 bytes. Objects refer to each other by
 * number, so a short file can be a deep, endless or exponentially large tree:
 * it is walked here as libplist will expand it, with a stack of fixed size and
 * budgets for the number of values and for the bytes of them.
 */
#include <string.h>

#include "prefs/pl.h"

#define HEADER 8
#define TRAILER 32

enum kind {
	KIND_LEAF,
	KIND_STRING,
	KIND_ARRAY,
	KIND_DICT,
};

struct object {
	enum kind kind;
	struct span refs; /* of a container: keys, then values */
	size_t count; /* references in it */
	size_t keys; /* how many of them, at the front, are keys */
	size_t bytes; /* of text or data, copied wherever it is named */
};

struct walk {
	struct span objects; /* the header and everything up to the table */
	struct span table;
	size_t offset_size, ref_size, count;
	size_t nodes, keys, bytes;
	struct why *why;
};

static uint64_t
number(struct span s)
{
	uint64_t v = 0;

	for (size_t i = 0; i < s.n; i++)
		v = v << 8 | s.p[i];
	return v;
}

static err_t
trailer(struct span in, struct walk *w, size_t *top)
{
	struct span t;
	uint64_t count, first, at;
	const uint8_t *sizes;

	if (in.n < HEADER + TRAILER || memcmp(in.p, "bplist00", HEADER) != 0)
		return ERR_FORMAT;
	t = span_from(in.p + in.n - TRAILER, TRAILER);
	sizes = t.p + 6;
	count = number(span_from(t.p + 8, 8));
	first = number(span_from(t.p + 16, 8));
	at = number(span_from(t.p + 24, 8));
	if (sizes[0] < 1 || sizes[0] > 8 || sizes[1] < 1 || sizes[1] > 8)
		return ERR_FORMAT;
	if (count == 0 || count > PL_NODES_MAX || first >= count)
		return ERR_FORMAT;
	/* nothing between the table and the trailer */
	if (at < HEADER || at > in.n - TRAILER ||
	    in.n - TRAILER - at != count * sizes[0])
		return ERR_FORMAT;
	w->objects = span_first(in, (size_t)at);
	w->table = span_from(in.p + at, (size_t)count * sizes[0]);
	w->offset_size = sizes[0];
	w->ref_size = sizes[1];
	w->count = (size_t)count;
	*top = (size_t)first;
	return ERR_OK;
}

/* A length of 15 means: an integer object follows, which is the length. */
static err_t
length(struct span *s, uint8_t low, size_t *out)
{
	struct span digits;
	uint64_t v = low;
	uint8_t m;
	err_t e;

	if (low == 0x0f) {
		if ((e = span_u8(s, &m)))
			return e;
		if ((m & 0xf0) != 0x10 || (m & 0x0f) > 3)
			return ERR_FORMAT;
		if ((e = span_take(s, (size_t)1 << (m & 0x0f), &digits)))
			return e;
		v = number(digits);
	}
	if (v > PL_SIZE_MAX)
		return ERR_LIMIT;
	*out = (size_t)v;
	return ERR_OK;
}

static bool
scalar_ok(uint8_t marker)
{
	switch (marker) {
	case 0x08: /* false */
	case 0x09: /* true */
	case 0x10: /* integers of 1, 2, 4, 8 bytes */
	case 0x11:
	case 0x12:
	case 0x13:
	case 0x22: /* reals of 4, 8 bytes */
	case 0x23:
	case 0x33: /* date */
		return true;
	default:
		return false;
	}
}

static err_t
scalar(struct span s, uint8_t marker, struct object *out)
{
	struct span value;
	err_t e;

	if (!scalar_ok(marker))
		return ERR_FORMAT;
	if (marker >= 0x10 &&
	    (e = span_take(&s, (size_t)1 << (marker & 0x0f), &value)))
		return e;
	*out = (struct object){ .kind = KIND_LEAF };
	return ERR_OK;
}

/* n characters of `unit` bytes. libplist aborts on a key with a zero in it. */
static err_t
string(struct span s, size_t n, size_t unit, struct object *out)
{
	struct span text;
	err_t e;

	if ((e = span_take(&s, n * unit, &text)))
		return e;
	out->kind = KIND_STRING;
	out->bytes = text.n;
	for (size_t i = 0; i < text.n; i += unit) {
		if (number(span_from(text.p + i, unit)) == 0)
			return ERR_FORMAT;
	}
	return ERR_OK;
}

static err_t
object_at(const struct walk *w, size_t ref, struct object *out)
{
	struct span s, skipped;
	uint64_t at;
	uint8_t marker;
	size_t n;
	err_t e;

	if (ref >= w->count)
		return ERR_FORMAT;
	at = number(
	    span_from(w->table.p + ref * w->offset_size, w->offset_size));
	if (at < HEADER || at >= w->objects.n)
		return ERR_FORMAT;
	s = span_from(w->objects.p + at, w->objects.n - (size_t)at);
	if ((e = span_u8(&s, &marker)))
		return e;
	if (marker < 0x40)
		return scalar(s, marker, out);
	if ((e = length(&s, marker & 0x0f, &n)))
		return e;
	*out = (struct object){ .count = n };
	switch (marker & 0xf0) {
	case 0x40: /* data */
		out->kind = KIND_LEAF;
		out->bytes = n;
		return span_take(&s, n, &skipped);
	case 0x50: /* ASCII */
		return string(s, n, 1, out);
	case 0x60: /* UTF-16 */
		return string(s, n, 2, out);
	case 0xa0:
		out->kind = KIND_ARRAY;
		return span_take(&s, n * w->ref_size, &out->refs);
	case 0xd0:
		out->kind = KIND_DICT;
		out->keys = n;
		out->count = 2 * n;
		return span_take(&s, 2 * n * w->ref_size, &out->refs);
	default: /* null, uid, set: nothing of ours */
		return ERR_FORMAT;
	}
}

/* Take the next reference of a container and look at what it names. */
static err_t
step(struct walk *w, struct object *in, struct object *out)
{
	struct span ref;
	bool key = in->keys > 0;
	uint64_t v;
	err_t e;

	if ((e = span_take(&in->refs, w->ref_size, &ref)))
		return e;
	in->count--;
	if ((v = number(ref)) >= w->count)
		return ERR_FORMAT;
	if (++w->nodes > PL_NODES_MAX)
		return ERR_LIMIT;
	if ((e = object_at(w, (size_t)v, out)))
		return e;
	if ((w->bytes += out->bytes) > PL_SIZE_MAX)
		return ERR_LIMIT;
	if (key) {
		in->keys--;
		w->keys++;
		return out->kind == KIND_STRING ? ERR_OK : ERR_FORMAT;
	}
	return ERR_OK;
}

static err_t
walk(struct walk *w, size_t top)
{
	struct object stack[PL_DEPTH_MAX], o;
	size_t depth = 0;
	err_t e;

	if ((e = object_at(w, top, &o)))
		return e;
	for (;;) {
		if (o.kind == KIND_ARRAY || o.kind == KIND_DICT) {
			if (depth == PL_DEPTH_MAX)
				return ERR_LIMIT;
			stack[depth++] = o;
		}
		while (depth > 0 && stack[depth - 1].count == 0)
			depth--;
		if (depth == 0)
			return ERR_OK;
		if ((e = step(w, &stack[depth - 1], &o)))
			return e;
	}
}

err_t
pl_guard_binary(struct span in, size_t *keys, struct why *why)
{
	struct walk w = { .why = why };
	size_t top;
	err_t e;

	if (in.n > PL_SIZE_MAX)
		return why_add(
		    why, ERR_LIMIT, "longer than %d bytes", PL_SIZE_MAX);
	if (trailer(in, &w, &top) != ERR_OK)
		return why_add(why, ERR_FORMAT, "header, table or trailer");
	if ((e = walk(&w, top)) == ERR_LIMIT)
		return why_add(why, e,
		    "too deep, too many values, or too many bytes of them");
	if (e != ERR_OK)
		return why_add(why, ERR_FORMAT, "an object is malformed");
	*keys = w.keys;
	return ERR_OK;
}
