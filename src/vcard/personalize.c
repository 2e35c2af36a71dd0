/* SPDX-License-Identifier: BSD-2-Clause */
/* scs-vcard personalize: keys and certificates for a card file. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vcard/command.h"

#define SLOTS_MAX 24

struct wish {
	char *authority; /* "CERT,KEY" */
	struct vcard_person person;
	struct {
		uint8_t slot;
		enum vcard_alg alg;
	} slots[SLOTS_MAX];
	size_t n;
};

static const struct option options[] = {
	{ "authority", required_argument, NULL, 'a' },
	{ "slot", required_argument, NULL, 's' },
	{ "subject", required_argument, NULL, 'S' },
	{ "mail", required_argument, NULL, 'm' },
	{ "upn", required_argument, NULL, 'u' },
	{ "from-days", required_argument, NULL, 'f' },
	{ "to-days", required_argument, NULL, 't' },
	{ "ocsp", required_argument, NULL, 'o' },
	{ "crl", required_argument, NULL, 'c' },
	{ "issuers", required_argument, NULL, 'i' },
	{ "profile", required_argument, NULL, 'p' },
	{ "gzip", no_argument, NULL, 'z' },
	{ NULL, 0, NULL, 0 },
};

static enum vcard_alg
usual_alg(uint8_t slot)
{
	return slot == 0x9a || slot == 0x9d ? VCARD_RSA2048 : VCARD_P256;
}

/* SLOT or SLOT:ALG */
static err_t
take_slot(struct wish *w, char *text)
{
	char *alg = strchr(text, ':');
	uint8_t slot;
	err_t e;

	if (w->n == SLOTS_MAX)
		return ERR_LIMIT;
	if (alg != NULL)
		*alg++ = '\0';
	if ((e = word_slot(text, &slot)))
		return e;
	w->slots[w->n].slot = slot;
	w->slots[w->n].alg = usual_alg(slot);
	if (alg != NULL && (e = word_alg(alg, &w->slots[w->n].alg)))
		return e;
	w->n++;
	return ERR_OK;
}

static err_t
take_days(int *out)
{
	long v;
	err_t e;

	if ((e = word_number(optarg, 10, -36500, 36500, &v)))
		return e;
	*out = (int)v;
	return ERR_OK;
}

static const char **
text_option(struct wish *w, int id)
{
	switch (id) {
	case 'S':
		return &w->person.subject;
	case 'm':
		return &w->person.mail;
	case 'u':
		return &w->person.upn;
	case 'o':
		return &w->person.ocsp;
	case 'c':
		return &w->person.crl;
	case 'i':
		return &w->person.issuers;
	default:
		return NULL;
	}
}

static err_t
take_option(struct wish *w, int id)
{
	const char **text = text_option(w, id);

	if (text != NULL) {
		*text = optarg;
		return ERR_OK;
	}
	switch (id) {
	case 'a':
		w->authority = optarg;
		return ERR_OK;
	case 's':
		return take_slot(w, optarg);
	case 'f':
		return take_days(&w->person.from_days);
	case 't':
		return take_days(&w->person.to_days);
	case 'p':
		return word_slot(optarg, &w->person.profile);
	case 'z':
		w->person.gzip = true;
		return ERR_OK;
	default:
		return ERR_FORMAT;
	}
}

/* Where neither file is there, a new authority is made and kept in them. */
static err_t
open_authority(char *paths, struct vcard_authority **out, struct why *why)
{
	char *cert = paths, *key = strchr(paths, ',');
	err_t e;

	if (key == NULL)
		return why_add(why, ERR_FORMAT, "\"CERT,KEY\" is wanted");
	*key++ = '\0';
	if (access(cert, F_OK) == 0 || access(key, F_OK) == 0) {
		e = vcard_authority_open(cert, key, out);
		return e == ERR_OK ? e : why_add(why, e, "%s, %s", cert, key);
	}
	if ((e = vcard_authority_new(
		 VCARD_P256, "Virtual Card Authority", out)))
		return e;
	if ((e = vcard_authority_save(*out, cert, key))) {
		vcard_authority_free(out);
		return why_add(why, e, "%s, %s", cert, key);
	}
	return ERR_OK;
}

static err_t
fill_slots(struct vcard *c, struct vcard_authority *a, const struct wish *w,
    struct why *why)
{
	err_t e;

	for (size_t i = 0; i < w->n; i++) {
		if ((e = vcard_generate(c, w->slots[i].slot, w->slots[i].alg)))
			return why_add(why, e, "slot %02X: no key",
			    (unsigned int)w->slots[i].slot);
		if ((e = vcard_issue(c, a, w->slots[i].slot, &w->person, why)))
			return e;
	}
	return vcard_seal(c, a, why);
}

static int
personalize(const char *file, struct wish *w)
{
	CLEANUP(vcard_authority_free) struct vcard_authority *a = NULL;
	CLEANUP(vcard_free) struct vcard *c = NULL;
	struct why why = { 0 };
	err_t e;

	if ((e = vcard_open(file, &c, &why)))
		return command_failed(file, e, &why);
	if ((e = open_authority(w->authority, &a, &why)))
		return command_failed("authority", e, &why);
	if ((e = fill_slots(c, a, w, &why)))
		return command_failed(file, e, &why);
	return EXIT_OK;
}

int
personalize_main(int argc, char **argv)
{
	char usual[][3] = { "9a", "9c", "9d", "9e" };
	struct wish w = { .person.subject = "CN=Virtual Card" };
	int id, at = 0;

	while ((id = getopt_long(argc, argv, "", options, &at)) != -1) {
		if (id == '?')
			return command_usage("personalize: wrong option");
		if (take_option(&w, id) != ERR_OK)
			return command_usage(
			    "personalize: --%s: \"%s\" is wrong",
			    options[at].name, optarg);
	}
	if (argc - optind != 1 || w.authority == NULL)
		return command_usage(
		    "personalize: one FILE and --authority are wanted");
	if (w.n == 0)
		for (size_t i = 0; i < nitems(usual); i++)
			if (take_slot(&w, usual[i]) != ERR_OK)
				return EXIT_FAILED;
	return personalize(argv[optind], &w);
}
