/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <plist/plist.h>

/* clang-format off */
static const struct {
	const char *name, *title;
} titles[] = {
	{ "READERS",                  "Readers" },
	{ "READERS_DRIVERS",          "Reader Drivers" },
	{ "SMARTCARDS_DRIVERS",       "SmartCard Drivers" },
	{ "AVAIL_SMARTCARDS_KEYCHAIN", "Available SmartCards (keychain)" },
	{ "AVAIL_SMARTCARDS_TOKEN",   "Available SmartCards (token)" },
};
/* clang-format on */

void
report_begin(struct report *r)
{
	json_begin_object(&r->json);
	r->sections = json_add_array(&r->json, r->json.root, REPORT_TYPE);
}

void
report_done(struct report *r)
{
	json_done(&r->json);
	r->sections = NULL;
}

json_object *
report_section(struct report *r, const char *name)
{
	json_object *o = json_add_object(&r->json, r->sections, NULL);

	json_add_string(&r->json, o, "_name", name);
	return o;
}

json_object *
report_group(struct report *r, json_object *section, const char *name)
{
	json_object *items = NULL, *o;

	if (section == NULL ||
	    !json_object_object_get_ex(section, "_items", &items))
		items = json_add_array(&r->json, section, "_items");
	o = json_add_object(&r->json, items, NULL);
	json_add_string(&r->json, o, "_name", name);
	return o;
}

void
report_row(struct report *r, json_object *parent, const char *text)
{
	char key[16];
	int rows;

	if (parent == NULL)
		return;
	rows = json_object_object_length(parent); /* "_name" is one of them */
	(void)snprintf(key, sizeof(key), "#%02d", rows);
	json_add_string(&r->json, parent, key, text);
}

static const char *
title_of(const char *name)
{
	for (size_t i = 0; i < nitems(titles); i++) {
		if (strcmp(titles[i].name, name) == 0)
			return titles[i].title;
	}
	return name;
}

static const char *
name_of(json_object *o)
{
	return json_object_get_string(json_object_object_get(o, "_name"));
}

/* The members of an object that are text, in their order. */
typedef void row_fn(void *ctx, const char *key, const char *text);

static void
each_text(json_object *o, row_fn *fn, void *ctx)
{
	struct json_object_iterator at = json_object_iter_begin(o),
				    end = json_object_iter_end(o);
	json_object *value;

	for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
		value = json_object_iter_peek_value(&at);
		if (json_object_is_type(value, json_type_string))
			fn(ctx, json_object_iter_peek_name(&at),
			    json_object_get_string(value));
	}
}

static void
print_row(void *ctx, const char *key, const char *text)
{
	const int *indent = ctx;

	if (key[0] == '#')
		(void)printf("%*s%s: %s\n", *indent, "", key, text);
}

static void
text_rows(json_object *o, int indent)
{
	each_text(o, print_row, &indent);
	if (json_object_object_length(o) > 1)
		(void)puts("");
}

static void
text_section(json_object *section)
{
	json_object *items = NULL, *group;

	(void)printf("    %s:\n\n", title_of(name_of(section)));
	if (!json_object_object_get_ex(section, "_items", &items)) {
		text_rows(section, 6);
		return;
	}
	for (size_t i = 0; i < json_object_array_length(items); i++) {
		group = json_object_array_get_idx(items, i);
		(void)printf("        %s:\n\n", name_of(group));
		text_rows(group, 10);
	}
}

static void
print_text(const struct report *r)
{
	size_t n = json_object_array_length(r->sections);

	(void)puts("SmartCards:\n");
	for (size_t i = 0; i < n; i++)
		text_section(json_object_array_get_idx(r->sections, i));
}

static void
put_row(void *ctx, const char *key, const char *text)
{
	plist_dict_set_item(ctx, key, plist_new_string(text));
}

static plist_t
plist_of_strings(json_object *o)
{
	plist_t dict = plist_new_dict();

	each_text(o, put_row, dict);
	return dict;
}

static plist_t
plist_of_section(json_object *section)
{
	plist_t dict = plist_of_strings(section), groups;
	json_object *items = NULL;

	if (!json_object_object_get_ex(section, "_items", &items))
		return dict;
	groups = plist_new_array();
	for (size_t i = 0; i < json_object_array_length(items); i++)
		plist_array_append_item(groups,
		    plist_of_strings(json_object_array_get_idx(items, i)));
	plist_dict_set_item(dict, "_items", groups);
	return dict;
}

/* An array of one dictionary, since one kind of data was asked for. */
static plist_t
plist_of_report(const struct report *r)
{
	plist_t root = plist_new_array(), data = plist_new_dict(),
		sections = plist_new_array();

	for (size_t i = 0; i < json_object_array_length(r->sections); i++)
		plist_array_append_item(sections,
		    plist_of_section(
			json_object_array_get_idx(r->sections, i)));
	plist_dict_set_item(data, "_dataType", plist_new_string(REPORT_TYPE));
	plist_dict_set_item(data, "_items", sections);
	plist_array_append_item(root, data);
	return root;
}

static err_t
print_xml(const struct report *r)
{
	plist_t root = plist_of_report(r);
	char *text = NULL;
	uint32_t n = 0;

	plist_to_xml(root, &text, &n);
	plist_free(root);
	if (text == NULL)
		return ERR_NOMEM;
	(void)fwrite(text, 1, n, stdout);
	free(text);
	return ERR_OK;
}

err_t
report_print(struct report *r, enum report_form form)
{
	if (r->json.failed)
		return ERR_NOMEM;
	switch (form) {
	case REPORT_TEXT:
		print_text(r);
		return ERR_OK;
	case REPORT_JSON:
		return json_print(&r->json);
	case REPORT_XML:
		return print_xml(r);
	}
	return ERR_FORMAT;
}
