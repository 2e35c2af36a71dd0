/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * security export-smartcard: the items of all cards on the screen, or their
 * certificates and public keys as files. What cards say is printed and written,
 * not parsed.
 */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/path.h"
#include "codec/hex.h"
#include "tool/attributes.h"
#include "tool/cards.h"
#include "tool/json.h"
#include "tool/pem.h"
#include "tool/security.h"

#define VALUE_MAX 2048
#define NAMES_MAX 512 /* files of one run whose names are kept apart */

struct export
{
	const char *id, *type, *dir; /* as given; NULL: not */
	bool want_json;
	unsigned int classes; /* enum item_class bits */
	struct cards cards;
	struct json json;
	char names[NAMES_MAX][PEM_NAME_MAX];
	size_t names_n, files_n;
	struct why why;
};

/* Printing order, also of `-t all`. */
static const enum item_class order[] = { CLASS_CERTS, CLASS_KEYS,
	CLASS_IDENTITIES };

static bool
parse_type(const char *type, unsigned int *classes)
{
	static const struct {
		const char *name;
		unsigned int classes;
	} types[] = {
		{ "certs", CLASS_CERTS },
		{ "privKeys", CLASS_KEYS },
		{ "identities", CLASS_IDENTITIES },
		{ "all", CLASS_CERTS | CLASS_KEYS | CLASS_IDENTITIES },
	};

	for (size_t i = 0; i < nitems(types); i++) {
		if (strcmp(type, types[i].name) == 0) {
			*classes = types[i].classes;
			return true;
		}
	}
	return false;
}

typedef err_t item_fn(struct export *x, const struct scs_token *t,
    const struct scs_item *it, enum item_class class, unsigned int number);

/* Every item of a class, of the tokens asked for. ERR_ABSENT: none. */
static err_t
each(struct export *x, enum item_class class, item_fn *fn)
{
	unsigned int number = 0;
	err_t e;

	for (size_t i = 0; i < x->cards.n; i++) {
		const struct scs_token *t = &x->cards.all[i];

		if (x->id != NULL && strcmp(t->id, x->id) != 0)
			continue;
		for (size_t k = 0; k < t->items_n; k++) {
			if (!attributes_in_class(&t->items[k], class))
				continue;
			if ((e = fn(x, t, &t->items[k], class, ++number)))
				return e;
		}
	}
	return number > 0 ? ERR_OK : ERR_ABSENT;
}

static err_t
print_item(struct export *x, const struct scs_token *t,
    const struct scs_item *it, enum item_class class, unsigned int number)
{
	struct attributes a;
	err_t e;

	(void)x;
	if ((e = attributes_of(t, it, class, &a)))
		return e;
	(void)printf("\n==== %s #%u\n", attributes_class_name(class), number);
	for (size_t i = 0; i < a.n; i++) {
		CLEANUP(buf_done) struct buf v = BUF_INIT(VALUE_MAX);

		attribute_print(&a.all[i], &v);
		if ((e = buf_status(&v)))
			return e;
		(void)printf(
		    "\t%s : %.*s\n", a.all[i].name, (int)v.n, (char *)v.p);
	}
	(void)puts("====");
	return ERR_OK;
}

static void
json_value(struct json *j, json_object *o, const struct attribute *a)
{
	char hex[2 * SCS_PKHH_SIZE + 1] = "";

	switch (a->kind) {
	case ATTRIBUTE_TEXT:
		json_add_string(j, o, a->name, a->text);
		break;
	case ATTRIBUTE_DATA:
		hex_upper(span_first(a->data, SCS_PKHH_SIZE), hex);
		json_add_string(j, o, a->name, hex);
		break;
	case ATTRIBUTE_NUMBER:
		json_add_int(j, o, a->name, (int)a->number);
		break;
	case ATTRIBUTE_BOOL:
		json_add_bool(j, o, a->name, a->number != 0);
		break;
	}
}

static err_t
json_item(struct export *x, const struct scs_token *t,
    const struct scs_item *it, enum item_class class, unsigned int number)
{
	json_object *o = json_add_object(&x->json, x->json.root, NULL);
	struct attributes a;
	err_t e;

	(void)number;
	if ((e = attributes_of(t, it, class, &a)))
		return e;
	json_add_string(&x->json, o, "class", attributes_class_name(class));
	for (size_t i = 0; i < a.n; i++)
		json_value(&x->json, o, &a.all[i]);
	return ERR_OK;
}

static bool
name_taken(const struct export *x, const char *name)
{
	for (size_t i = 0; i < x->names_n; i++) {
		if (strcmp(x->names[i], name) == 0)
			return true;
	}
	return false;
}

/* Two certificates of one label make two files. */
static err_t
choose_name(
    struct export *x, const char *prefix, const char *label, const char **out)
{
	char *name;

	if (x->names_n == NAMES_MAX)
		return why_add(&x->why, ERR_LIMIT, "too many certificates");
	name = x->names[x->names_n];
	for (unsigned int i = 1; i <= NAMES_MAX; i++) {
		pem_name(prefix, label, i, name);
		if (!name_taken(x, name))
			break;
	}
	x->names_n++;
	*out = name;
	return ERR_OK;
}

static err_t
write_pem(struct export *x, const char *name, const char *kind, struct span der)
{
	CLEANUP(buf_done) struct buf pem = BUF_INIT(PEM_MAX);
	char path[SCS_PATH_MAX];
	err_t e;
	int r;

	pem_put(&pem, kind, der);
	if ((e = buf_status(&pem)))
		return e;
	r = snprintf(path, sizeof(path), "%s/%s", x->dir, name);
	if (r < 0 || (size_t)r >= sizeof(path))
		return why_add(&x->why, ERR_LIMIT, "%s: too long", x->dir);
	if ((e = file_write(path, 0644, buf_span(&pem))))
		return why_add(&x->why, e == ERR_DENIED ? e : ERR_IO,
		    "%s: could not be written (is there a folder %s?)", path,
		    x->dir);
	x->files_n++;
	return ERR_OK;
}

static err_t
export_item(struct export *x, const struct scs_token *t,
    const struct scs_item *it, enum item_class class, unsigned int number)
{
	const char *name;
	err_t e;

	(void)t;
	(void)class;
	(void)number;
	if ((e = choose_name(x, "", it->cert_label, &name)) ||
	    (e = write_pem(
		 x, name, "CERTIFICATE", span_from(it->cert, it->cert_len))))
		return e;
	if (it->spki == NULL)
		return ERR_OK;
	if ((e = choose_name(x, "Public Key - ", it->cert_label, &name)))
		return e;
	return write_pem(
	    x, name, "PUBLIC KEY", span_from(it->spki, it->spki_len));
}

static err_t
run(const struct invocation *in, struct export *x)
{
	item_fn *fn = x->dir != NULL ? export_item
	    : x->want_json           ? json_item
				     : print_item;
	err_t e;

	if ((e = cards_open(in->prefix, &x->cards, &x->why)))
		return e;
	if (x->want_json)
		json_begin_array(&x->json);
	for (size_t i = 0; i < nitems(order); i++) {
		if ((x->classes & order[i]) == 0)
			continue;
		if ((e = each(x, order[i], fn)))
			break;
	}
	/* whoever asked for JSON gets some, also of nothing */
	if (x->want_json && (e == ERR_OK || e == ERR_ABSENT) &&
	    json_print(&x->json) != ERR_OK)
		return ERR_NOMEM;
	return e;
}

static int
usage(const struct invocation *in, const char *text)
{
	struct why why = { 0 };

	(void)why_add(&why, ERR_FORMAT, "%s", text);
	return command_usage(in, &why);
}

static int
end(struct export *x, err_t e)
{
	cards_done(&x->cards);
	json_done(&x->json);
	if (e == ERR_OK)
		return EXITS_OK;
	if (e == ERR_ABSENT) {
		say_bare("No items found.");
		return EXITS_NONE;
	}
	return say_failed("export", e, &x->why);
}

int
security_export_smartcard(const struct invocation *in)
{
	static struct export x; /* too large for a stack; one a process */
	const struct option_spec specs[] = {
		{ .letter = 'i', .value = &x.id },
		{ .letter = 't', .value = &x.type },
		{ .letter = 'e', .value = &x.dir },
		{ .name = "json", .flag = &x.want_json },
	};
	int status = 0;

	if (command_options(in, specs, nitems(specs), &status))
		return status;
	if (x.dir != NULL && (x.type != NULL || x.want_json))
		return usage(in, "-e exports certificates: no -t, no --json");
	if (!parse_type(x.type != NULL ? x.type : "all", &x.classes))
		return usage(in, "-t certs, privKeys, identities or all");
	if (x.dir != NULL)
		x.classes = CLASS_CERTS;
	return end(&x, run(in, &x));
}
