/* SPDX-License-Identifier: BSD-2-Clause */
/* scs-vcard create: a new card file. */
#include <stdio.h>
#include <unistd.h>

#include "vcard/command.h"

enum option_id {
	OPT_PIN = 1,
	OPT_PUK,
	OPT_GLOBAL,
	OPT_MGM_KEY,
	OPT_MGM_ALG,
	OPT_GUID,
	OPT_FASCN,
	OPT_EXPIRY,
	OPT_SERIAL,
	OPT_PIN_TRIES,
	OPT_PUK_TRIES,
	OPT_FLAG = 0x100, /* and enum vcard_flags above it */
};

#define FLAG_OPT(flag) (OPT_FLAG | (flag) << 9)

static const struct option options[] = {
	{ "pin", required_argument, NULL, OPT_PIN },
	{ "puk", required_argument, NULL, OPT_PUK },
	{ "global-pin", required_argument, NULL, OPT_GLOBAL },
	{ "management-key", required_argument, NULL, OPT_MGM_KEY },
	{ "management-alg", required_argument, NULL, OPT_MGM_ALG },
	{ "guid", required_argument, NULL, OPT_GUID },
	{ "fascn", required_argument, NULL, OPT_FASCN },
	{ "expiry", required_argument, NULL, OPT_EXPIRY },
	{ "serial", required_argument, NULL, OPT_SERIAL },
	{ "pin-tries", required_argument, NULL, OPT_PIN_TRIES },
	{ "puk-tries", required_argument, NULL, OPT_PUK_TRIES },
	{ "extended", no_argument, NULL, FLAG_OPT(VCARD_EXTENDED) },
	{ "yubico", no_argument, NULL, FLAG_OPT(VCARD_YUBICO) },
	{ "t0", no_argument, NULL, FLAG_OPT(VCARD_T0) },
	{ "no-clear", no_argument, NULL, FLAG_OPT(VCARD_NO_CLEAR) },
	{ "foreign-clears", no_argument, NULL, FLAG_OPT(VCARD_FOREIGN_CLEARS) },
	{ "foreign-deselects", no_argument, NULL,
	    FLAG_OPT(VCARD_FOREIGN_DESELECTS) },
	{ "no-pin", no_argument, NULL, FLAG_OPT(VCARD_NO_PIN) },
	{ NULL, 0, NULL, 0 },
};

/* The profile, and the bytes it borrows. */
struct wish {
	struct vcard_profile profile;
	struct buf mgm_key, guid, fascn;
};

static void
wish_done(struct wish *w)
{
	buf_done(&w->mgm_key);
	buf_done(&w->guid);
	buf_done(&w->fascn);
}

static err_t
take_bytes(struct buf *b, struct span *out)
{
	err_t e;

	if ((e = word_hex(optarg, b)))
		return e;
	*out = buf_span(b);
	return ERR_OK;
}

static err_t
take_tries(uint8_t *out)
{
	long v;
	err_t e;

	if ((e = word_number(optarg, 10, 1, 15, &v)))
		return e;
	*out = (uint8_t)v;
	return ERR_OK;
}

static err_t
take_serial(uint32_t *out)
{
	long v;
	err_t e;

	if ((e = word_number(optarg, 10, 1, 0x7fffffff, &v)))
		return e;
	*out = (uint32_t)v;
	return ERR_OK;
}

static err_t
take_option(struct wish *w, int id)
{
	struct vcard_profile *p = &w->profile;

	switch (id) {
	case OPT_PIN:
		p->pin = optarg;
		return ERR_OK;
	case OPT_PUK:
		p->puk = optarg;
		return ERR_OK;
	case OPT_GLOBAL:
		p->global_pin = optarg;
		p->flags |= VCARD_GLOBAL_PIN;
		return ERR_OK;
	case OPT_MGM_KEY:
		return take_bytes(&w->mgm_key, &p->mgm_key);
	case OPT_MGM_ALG:
		return word_alg(optarg, &p->mgm_alg);
	case OPT_GUID:
		return take_bytes(&w->guid, &p->guid);
	case OPT_FASCN:
		return take_bytes(&w->fascn, &p->fascn);
	case OPT_EXPIRY:
		p->expiry = optarg;
		return ERR_OK;
	case OPT_SERIAL:
		return take_serial(&p->serial);
	case OPT_PIN_TRIES:
		return take_tries(&p->pin_tries);
	case OPT_PUK_TRIES:
		return take_tries(&p->puk_tries);
	default:
		if ((id & OPT_FLAG) == 0)
			return ERR_FORMAT;
		p->flags |= (unsigned int)id >> 9;
		return ERR_OK;
	}
}

int
create_main(int argc, char **argv)
{
	CLEANUP(wish_done)
	struct wish w = { .mgm_key = BUF_INIT(32),
		.guid = BUF_INIT(16),
		.fascn = BUF_INIT(25) };
	CLEANUP(vcard_free) struct vcard *c = NULL;
	int id, at = 0;
	err_t e;

	while ((id = getopt_long(argc, argv, "", options, &at)) != -1) {
		if (id == '?')
			return command_usage("create: wrong option");
		if (take_option(&w, id) != ERR_OK)
			return command_usage("create: --%s: \"%s\" is wrong",
			    options[at].name, optarg);
	}
	if (argc - optind != 1)
		return command_usage("create: one FILE is wanted");
	if (access(argv[optind], F_OK) == 0)
		return command_failed(argv[optind], ERR_BUSY,
		    &(struct why){ "is there already; remove it first" });
	if ((e = vcard_new(&w.profile, &c)))
		return command_failed("create", e,
		    &(struct why){ "PIN, PUK, management key, GUID, FASC-N or "
				   "expiry is not of the right form, or T=0 "
				   "with extended length" });
	if ((e = vcard_attach(c, argv[optind])))
		return command_failed(argv[optind], e, NULL);
	return EXIT_OK;
}
