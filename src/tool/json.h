/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON output through json-c. Sticky, as buffers: a failed allocation shows
 * when the document is printed.
 */
#ifndef SCS_TOOL_JSON_H
#define SCS_TOOL_JSON_H

#include <json-c/json.h>

#include "base/err.h"

struct json {
	json_object *root; /* owned */
	bool failed;
};

/* Begin a document whose root is an array, or an object. */
void json_begin_array(struct json *j);
void json_begin_object(struct json *j);
void json_done(struct json *j); /* CLEANUP(json_done) */

/*
 * Make a value and put it into `parent`: an array (`key` NULL) or an object.
 * `parent` NULL does nothing, so a failure before needs no check. The result
 * belongs to the document.
 */
json_object *json_add_object(
    struct json *j, json_object *parent, const char *key);
json_object *json_add_array(
    struct json *j, json_object *parent, const char *key);
void json_add_string(
    struct json *j, json_object *parent, const char *key, const char *value);
void json_add_int(
    struct json *j, json_object *parent, const char *key, int value);
void json_add_bool(
    struct json *j, json_object *parent, const char *key, bool value);

/* To standard output, with a newline. ERR_NOMEM. */
MUST_CHECK err_t json_print(struct json *j);

#endif
