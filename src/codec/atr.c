/* SPDX-License-Identifier: BSD-2-Clause */
#include "codec/atr.h"

struct interface {
	bool has[4]; /* TA TB TC TD */
	uint8_t v[4];
};

static err_t
take_interface(struct span *in, uint8_t y, struct interface *out)
{
	err_t e;

	*out = (struct interface){ 0 };
	for (unsigned int i = 0; i < 4; i++) {
		if ((y & (0x10u << i)) == 0)
			continue;
		if ((e = span_u8(in, &out->v[i])))
			return e;
		out->has[i] = true;
	}
	return ERR_OK;
}

static unsigned int
protocol_bit(uint8_t t)
{
	if (t == 0)
		return ATR_T0;
	return t == 1 ? ATR_T1 : t == 15 ? 0 : ATR_OTHER;
}

/* Interface bytes of group i (1, 2, 3...), which belong to protocol t. */
static void
apply(struct atr *a, unsigned int i, uint8_t t, const struct interface *f)
{
	if (i == 1) {
		if (f->has[0])
			a->fi_di = f->v[0];
		if (f->has[2])
			a->extra_guard = f->v[2];
	} else if (i == 2) {
		if (f->has[0]) {
			a->specific = true;
			a->specific_t = f->v[0] & 0x0f;
			a->specific_implicit = (f->v[0] & 0x10) != 0;
		}
		if (f->has[2])
			a->t0_wi = f->v[2];
	} else if (t == 1) {
		if (f->has[0])
			a->t1_ifsc = f->v[0];
		if (f->has[1])
			a->t1_bwi_cwi = f->v[1];
		if (f->has[2])
			a->t1_crc = (f->v[2] & 1) != 0;
	}
}

/* TDs up to the last one; `t1_seen` keeps later T=1 groups from overriding. */
static err_t
take_groups(struct span *in, uint8_t y, struct atr *a, bool *tck)
{
	struct interface f;
	bool named = false, t1_seen = false;
	uint8_t t = 0;
	err_t e;

	for (unsigned int i = 1;; i++) {
		if ((e = take_interface(in, y, &f)))
			return e;
		if (i < 3 || t != 1 || !t1_seen)
			apply(a, i, t, &f);
		if (i >= 3 && t == 1)
			t1_seen = true;
		if (!f.has[3])
			break;
		t = f.v[3] & 0x0f;
		if (i == 1)
			a->first_protocol = t;
		if (t != 0)
			*tck = true;
		a->protocols |= protocol_bit(t);
		named = named || t != 15;
		y = f.v[3] & 0xf0;
	}
	if (!named)
		a->protocols |= ATR_T0;
	return ERR_OK;
}

/* T0 to TCK, both included, make zero. */
static bool
tck_ok(struct span whole)
{
	uint8_t x = 0;

	for (size_t i = 1; i < whole.n; i++)
		x ^= whole.p[i];
	return x == 0;
}

/* TS, T0 and the interface bytes, off the front of `raw`. */
static err_t
take_start(struct span *raw, struct atr *a, uint8_t *t0, bool *tck)
{
	uint8_t ts;
	err_t e;

	*a = (struct atr){
		.fi_di = 0x11, .t0_wi = 10, .t1_ifsc = 32, .t1_bwi_cwi = 0x4d
	};
	*tck = false;
	if (raw->n > ATR_MAX)
		return ERR_FORMAT;
	if ((e = span_u8(raw, &ts)))
		return e;
	if (ts != 0x3b && ts != 0x3f)
		return ERR_FORMAT;
	a->inverse = ts == 0x3f;
	if ((e = span_u8(raw, t0)))
		return e;
	return take_groups(raw, *t0 & 0xf0, a, tck);
}

err_t
atr_interface(struct span raw, struct atr *out)
{
	struct atr a;
	uint8_t t0;
	bool tck;
	err_t e;

	if ((e = take_start(&raw, &a, &t0, &tck)))
		return e;
	*out = a;
	return ERR_OK;
}

err_t
atr_parse(struct span raw, struct atr *out)
{
	const struct span whole = raw;
	uint8_t t0, check;
	struct atr a;
	bool tck;
	err_t e;

	if ((e = take_start(&raw, &a, &t0, &tck)) ||
	    (e = span_take(&raw, t0 & 0x0f, &a.historical)))
		return e;
	if (tck) {
		if ((e = span_u8(&raw, &check)))
			return e;
		if (!tck_ok(whole))
			return ERR_FORMAT;
	}
	if ((e = span_end(raw)))
		return e;
	*out = a;
	return ERR_OK;
}
