/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/json.h"

#include <stdio.h>

static void
begin(struct json *j, json_object *root)
{
	*j = (struct json){ .root = root, .failed = root == NULL };
}

void
json_begin_array(struct json *j)
{
	begin(j, json_object_new_array());
}

void
json_begin_object(struct json *j)
{
	begin(j, json_object_new_object());
}

void
json_done(struct json *j)
{
	(void)json_object_put(j->root);
	*j = (struct json){ 0 };
}

static json_object *
add(struct json *j, json_object *parent, const char *key, json_object *value)
{
	int r;

	if (parent == NULL || value == NULL) {
		(void)json_object_put(value);
		j->failed = true;
		return NULL;
	}
	r = key != NULL ? json_object_object_add(parent, key, value)
			: json_object_array_add(parent, value);
	if (r != 0) {
		(void)json_object_put(value);
		j->failed = true;
		return NULL;
	}
	return value;
}

json_object *
json_add_object(struct json *j, json_object *parent, const char *key)
{
	return add(j, parent, key, json_object_new_object());
}

json_object *
json_add_array(struct json *j, json_object *parent, const char *key)
{
	return add(j, parent, key, json_object_new_array());
}

void
json_add_string(
    struct json *j, json_object *parent, const char *key, const char *value)
{
	(void)add(j, parent, key, json_object_new_string(value));
}

void
json_add_int(struct json *j, json_object *parent, const char *key, int value)
{
	(void)add(j, parent, key, json_object_new_int(value));
}

void
json_add_bool(struct json *j, json_object *parent, const char *key, bool value)
{
	(void)add(j, parent, key, json_object_new_boolean(value));
}

err_t
json_print(struct json *j)
{
	const char *text = NULL;

	if (!j->failed)
		text = json_object_to_json_string_ext(j->root,
		    JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE |
			JSON_C_TO_STRING_SPACED);
	if (text == NULL)
		return ERR_NOMEM;
	(void)puts(text);
	return ERR_OK;
}
