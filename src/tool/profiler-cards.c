/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is on the cards. A certificate's dates are read by a child that may do
 * nothing but compute (ident/cert.h), since the report may be asked for by
 * root, who does not parse what cards say. Trust is not evaluated here.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "codec/hex.h"
#include "ident/cert.h"
#include "tool/pem.h"
#include "tool/profiler.h"

#define ROW_MAX (PEM_MAX + 2048)
#define EXAMINE_MS 5000

static const char *
kind_of(const struct scs_item *it)
{
	switch (it->alg) { /* SP 800-78-5 table 6-2; 16: vendors' RSA 4096 */
	case 0x05:
	case 0x07:
	case 0x16:
		return "RSA";
	case 0x11:
	case 0x14:
		return "ECC";
	default:
		return "unknown";
	}
}

/* "Kind: private RSA 2048-bit, Certificate: <ab..>, Usage: Sign". */
static void
put_kind(struct buf *out, const struct scs_item *it)
{
	char hex[2 * SCS_PKHH_SIZE + 1] = "", text[256];

	hex_lower(span_from(it->pkhh, it->pkhh_len), hex);
	(void)snprintf(text, sizeof(text),
	    "Kind: %s %s %u-bit, Certificate: <%s>, Usage:%s%s%s",
	    (it->flags & SCS_ITEM_KEY) != 0 ? "private" : "public", kind_of(it),
	    (unsigned int)it->bits, hex,
	    (it->flags & SCS_ITEM_SIGN) != 0 ? " Sign" : "",
	    (it->flags & SCS_ITEM_DECRYPT) != 0 ? " Decrypt Unwrap" : "",
	    (it->flags & SCS_ITEM_DERIVE) != 0 ? " Derive" : "");
	buf_put(out, span_str(text));
}

static void
put_time(struct buf *out, int64_t when)
{
	time_t t = (time_t)when;
	char text[64];
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S +0000", &tm) == 0)
		(void)snprintf(text, sizeof(text), "an impossible date");
	buf_put(out, span_str(text));
}

static void
put_validity(struct buf *out, const struct scs_item *it)
{
	static struct cert_facts f;
	struct why why = { 0 };
	err_t e;

	e = cert_examine(span_from(it->cert, it->cert_len),
	    deadline_in(EXAMINE_MS), &f, &why);
	if (e != ERR_OK) {
		buf_put(out, span_str("\nValidity unknown: "));
		buf_put(out, span_str(why_text(&why, e)));
		return;
	}
	buf_put(out, span_str("\nValid from: "));
	put_time(out, f.not_before);
	buf_put(out, span_str(" to: "));
	put_time(out, f.not_after);
	buf_put(out,
	    span_str(", SSL trust: not evaluated, X509 trust: not "
		     "evaluated"));
}

static void
add_row(struct report *r, json_object *group, struct buf *text)
{
	buf_put_u8(text, 0);
	if (buf_status(text) != ERR_OK)
		r->json.failed = true;
	else
		report_row(r, group, (const char *)text->p);
}

static void
identity_row(struct report *r, json_object *group, const struct scs_item *it)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(ROW_MAX);

	put_kind(&text, it);
	put_validity(&text, it);
	buf_put(&text, span_str("\n\n"));
	pem_put(&text, "CERTIFICATE", span_from(it->cert, it->cert_len));
	add_row(r, group, &text);
}

void
profiler_keychain(struct report *r, const struct cards *c)
{
	json_object *section = report_section(r, "AVAIL_SMARTCARDS_KEYCHAIN");
	json_object *group;

	for (size_t i = 0; i < c->n; i++) {
		const struct scs_token *t = &c->all[i];

		if (!cards_has_identity(t))
			continue;
		group = report_group(r, section, t->id);
		for (size_t k = 0; k < t->items_n; k++) {
			if (cards_is_identity(&t->items[k]))
				identity_row(r, group, &t->items[k]);
		}
	}
}

/* "9A: Certificate For ..., Kind: ...", whatever of it is there. */
static void
item_row(struct report *r, json_object *group, const struct scs_item *it)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(ROW_MAX);
	char slot[8];

	(void)snprintf(slot, sizeof(slot), "%02X: ", it->slot);
	buf_put(&text, span_str(slot));
	buf_put(
	    &text, span_str(it->cert != NULL ? it->cert_label : it->key_label));
	buf_put(&text, span_str(", "));
	put_kind(&text, it);
	if (it->cert == NULL)
		buf_put(&text, span_str(", no certificate"));
	add_row(r, group, &text);
}

void
profiler_tokens(struct report *r, const struct cards *c)
{
	json_object *section = report_section(r, "AVAIL_SMARTCARDS_TOKEN");
	json_object *group;
	char text[512];

	for (size_t i = 0; i < c->n; i++) {
		const struct scs_token *t = &c->all[i];

		group = report_group(r, section, t->id);
		for (size_t k = 0; k < t->items_n; k++)
			item_row(r, group, &t->items[k]);
		for (size_t k = 0; k < t->problems_n; k++) {
			(void)snprintf(
			    text, sizeof(text), "Problem: %s", t->problems[k]);
			report_row(r, group, text);
		}
	}
}
