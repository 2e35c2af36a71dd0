/* SPDX-License-Identifier: BSD-2-Clause */
/* Elements are looked for one after the other; what is between is not looked
 * at, so nothing has to be closed that was opened. */
#include "reader/config/loose.h"

#include <stdlib.h>
#include <string.h>

#define LIST_END "/plist>" /* behind its "<" */

static bool
begins(struct span in, const char *word)
{
	return span_eq(span_first(in, strlen(word)), span_str(word));
}

static struct span
behind(struct span in, size_t n)
{
	return span_from(in.p + n, in.n - n);
}

/* Up to and without `word`; `in` moves behind it. False: it is not there. */
static bool
up_to(struct span *in, const char *word, struct span *out)
{
	const uint8_t *at = memmem(in->p, in->n, word, strlen(word));

	if (at == NULL)
		return false;
	*out = span_first(*in, (size_t)(at - in->p));
	*in = behind(*in, out->n + strlen(word));
	return true;
}

/* "&amp;" becomes "&"; owned, NULL: no memory. */
static char *
text_of(struct span s)
{
	char *out = malloc(s.n + 1);
	size_t n = 0;

	if (out == NULL)
		return NULL;
	while (s.n > 0) {
		size_t step = begins(s, "&amp;") ? 5 : 1;

		out[n++] = (char)s.p[0];
		s = behind(s, step);
	}
	out[n] = '\0';
	return out;
}

/* The next key or string; its text is borrowed. False: `in` is at the list's
 * end, or at nothing at all in half a file. */
static bool
next_element(struct span *in, bool *is_key, struct span *text)
{
	struct span skipped;

	while (up_to(in, "<", &skipped)) {
		if (begins(*in, LIST_END))
			return false;
		if (begins(*in, "!--") && !up_to(in, "-->", &skipped))
			return false;
		*is_key = begins(*in, "key>");
		if (!*is_key && !begins(*in, "string>"))
			continue;
		*in = behind(*in, *is_key ? 4 : 7);
		return up_to(in, *is_key ? "</key>" : "</string>", text);
	}
	return false;
}

static err_t
add(plist_t root, plist_t *values, bool is_key, struct span text)
{
	CLEANUP(free_mem) char *s = text_of(text);
	plist_t node;

	if (!is_key && *values == NULL)
		return ERR_OK; /* before the first key */
	if (s == NULL ||
	    (node = is_key ? plist_new_array() : plist_new_string(s)) == NULL)
		return ERR_NOMEM;
	if (!is_key) {
		plist_array_append_item(*values, node);
		return ERR_OK;
	}
	plist_dict_set_item(root, s, node);
	*values = node;
	return ERR_OK;
}

err_t
loose_parse(struct span text, plist_t *out)
{
	struct span in = text, value = SPAN_NONE;
	plist_t root, values = NULL;
	bool is_key;
	err_t e = ERR_OK;

	if ((root = plist_new_dict()) == NULL)
		return ERR_NOMEM;
	while (e == ERR_OK && next_element(&in, &is_key, &value))
		e = add(root, &values, is_key, value);
	if (e == ERR_OK && !begins(in, LIST_END))
		e = ERR_FORMAT;
	if (e != ERR_OK) {
		plist_free(root);
		return e;
	}
	*out = root;
	return ERR_OK;
}
