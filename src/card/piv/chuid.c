/* SPDX-License-Identifier: BSD-2-Clause */
#include "card/piv/chuid.h"

#include <string.h>

#include "codec/tlv.h"

#define FASCN_LEN 25

static bool
all_zero(struct span s)
{
	uint8_t any = 0;

	for (size_t i = 0; i < s.n; i++)
		any |= s.p[i];
	return any == 0;
}

/* An element of a fixed length that may come once. */
static err_t
once(struct span *field, struct span val, size_t n)
{
	return val.n != n ? ERR_FORMAT : tlv_once(val, field);
}

static err_t
put_expiry(struct span val, char out[PIV_EXPIRY_LEN + 1])
{
	for (size_t i = 0; i < val.n; i++)
		if (val.p[i] < '0' || val.p[i] > '9')
			return ERR_FORMAT;
	if (val.n > 0)
		memcpy(out, val.p, val.n);
	out[val.n] = '\0';
	return ERR_OK;
}

err_t
piv_chuid_parse(struct span in, struct piv_chuid *out)
{
	struct piv_chuid c = { 0 };
	struct span obj, val, expiry = SPAN_NONE;
	uint32_t tag;
	err_t e;

	if ((e = tlv_want(&in, 0x53, &obj)) || (e = span_end(in)))
		return e;
	while (obj.n > 0) {
		if ((e = tlv_next(&obj, &tag, &val)))
			return e;
		if (tag == 0x30)
			e = once(&c.fascn, val, FASCN_LEN);
		else if (tag == 0x34)
			e = once(&c.guid, val, PIV_GUID_LEN);
		else if (tag == 0x35)
			e = once(&expiry, val, PIV_EXPIRY_LEN);
		if (e != ERR_OK)
			return e;
	}
	if ((e = put_expiry(expiry, c.expiry)))
		return e;
	if (all_zero(c.guid))
		c.guid = SPAN_NONE;
	*out = c;
	return ERR_OK;
}

static int64_t
number(const char *digits, size_t n)
{
	int64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v * 10 + (digits[i] - '0');
	return v;
}

/* Days from 1970-01-01 to a day of the Gregorian calendar. */
static int64_t
days_to(int64_t year, int64_t month, int64_t day)
{
	/* years begin in March, so that a leap day is the last of one */
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t m = month <= 2 ? month + 9 : month - 3;

	return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day -
	    1 - 719468;
}

err_t
piv_chuid_expired(const struct piv_chuid *c, int64_t now, bool *expired)
{
	static const uint8_t days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };
	int64_t year, month, day;

	if (c->expiry[0] == '\0')
		return ERR_ABSENT;
	year = number(c->expiry, 4);
	month = number(c->expiry + 4, 2);
	day = number(c->expiry + 6, 2);
	if (year == 0 || month < 1 || month > 12 || day < 1 ||
	    day > days[month - 1])
		return ERR_FORMAT;
	*expired = now >= (days_to(year, month, day) + 1) * 86400;
	return ERR_OK;
}
