/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/piv-read.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "card/piv/chuid.h"
#include "card/piv/discovery.h"
#include "codec/hex.h"

#define ID_PREFIX "com.apple.pivtoken:"
#define NO_GUID "the card's name is made from its keys and changes with them"

bool
piv_read_fatal(err_t e)
{
	return e == ERR_REMOVED || e == ERR_IO || e == ERR_TIMEOUT ||
	    e == ERR_SERVICE || e == ERR_NOMEM || e == ERR_BUSY;
}

err_t
piv_read_object(struct piv_read *r, uint32_t object, const char *name,
    struct buf *out, struct why *why)
{
	size_t n = strlen(r->differ);
	err_t e;

	if ((e = piv_get_data(r->piv, object, out, why)))
		return e;
	if (sealed_differs(&r->sealed, object, buf_span(out)))
		(void)snprintf(r->differ + n, sizeof(r->differ) - n, "%s%s",
		    n > 0 ? ", " : "", name);
	return ERR_OK;
}

/* Most cards that no government issued have none, and miss nothing by it. */
err_t
piv_read_security(struct piv_read *r)
{
	CLEANUP(buf_done) struct buf obj = BUF_INIT(4096);
	err_t e;

	e = piv_get_data(r->piv, PIV_OBJ_SECURITY, &obj, NULL);
	if (e == ERR_OK)
		e = sealed_parse(buf_span(&obj), &r->sealed);
	if (piv_read_fatal(e))
		return e;
	if (e == ERR_SHORT || e == ERR_FORMAT || e == ERR_LIMIT)
		token_problem(r->token,
		    "the Security Object is malformed: whether the card's "
		    "objects were changed cannot be told");
	return ERR_OK;
}

/* SP 800-73-4 Part 1, 3.3.2: without the object the PIN is the application's.
 */
err_t
piv_read_discovery(struct piv_read *r)
{
	CLEANUP(buf_done) struct buf obj = BUF_INIT(256);
	struct piv_discovery d;
	err_t e;

	e = piv_read_object(r, PIV_OBJ_DISCOVERY, "Discovery", &obj, NULL);
	if (piv_read_fatal(e))
		return e;
	if (e != ERR_OK)
		return ERR_OK;
	if (piv_discovery_parse(buf_span(&obj), &d) != ERR_OK) {
		token_problem(r->token,
		    "the Discovery Object is malformed: the PIV "
		    "PIN is used");
		return ERR_OK;
	}
	if (d.prefer_global)
		r->piv->pin_ref = PIV_REF_GLOBAL_PIN;
	return ERR_OK;
}

void
piv_read_put_id(struct token *t, const uint8_t id[16])
{
	char hex[2 * PIV_GUID_LEN + 1];

	hex_upper(span_from(id, PIV_GUID_LEN), hex);
	(void)snprintf(t->id, sizeof(t->id), ID_PREFIX "%s", hex);
}

static void
tell_expiry(struct token *t, const struct piv_chuid *c)
{
	bool expired = false;
	err_t e = piv_chuid_expired(c, (int64_t)time(NULL), &expired);

	if (e == ERR_FORMAT)
		token_problem(t,
		    "the CHUID names no day on which the card expires (%s)",
		    c->expiry);
	else if (e == ERR_OK && expired)
		token_problem(t,
		    "the card has expired on %.4s-%.2s-%.2s: its issuer "
		    "should have taken it back",
		    c->expiry, c->expiry + 4, c->expiry + 6);
}

err_t
piv_read_chuid(struct piv_read *r, struct buf *obj, struct why *why)
{
	struct piv_chuid c = { 0 };
	err_t e;

	e = piv_read_object(r, PIV_OBJ_CHUID, "CHUID", obj, why);
	if (piv_read_fatal(e))
		return e;
	if (e != ERR_OK)
		buf_reset(obj);
	if (e == ERR_OK)
		e = piv_chuid_parse(buf_span(obj), &c);
	if (e == ERR_ABSENT)
		token_problem(r->token, "the card has no CHUID: " NO_GUID);
	else if (e != ERR_OK)
		token_problem(r->token, "the CHUID is malformed: " NO_GUID);
	else if (c.guid.n == 0)
		token_problem(r->token, "the CHUID has no GUID: " NO_GUID);
	if (c.guid.n == PIV_GUID_LEN)
		piv_read_put_id(r->token, c.guid.p);
	tell_expiry(r->token, &c);
	return ERR_OK;
}

void
piv_read_end(struct piv_read *r)
{
	struct token *t = r->token;

	if (r->differ[0] == '\0')
		return;
	/* a card with many other problems must not hide this one */
	if (t->problems_n == TOKEN_PROBLEMS_MAX)
		t->problems_n--;
	token_problem(t,
	    "the Security Object has another hash for %.150s: changed since "
	    "the card was issued",
	    r->differ);
}
