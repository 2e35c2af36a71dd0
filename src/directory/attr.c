/* SPDX-License-Identifier: BSD-2-Clause */
#include "directory/attr.h"

static const char key[] = "AuthenticationAuthority";

static err_t
append(plist_t array, const char *text)
{
	plist_t value = plist_new_string(text);

	if (value == NULL)
		return ERR_NOMEM;
	plist_array_append_item(array, value);
	return ERR_OK;
}

/* In the place of the attribute, an array of one; NULL, of none. */
static err_t
make_array(plist_t list, const char *one, plist_t *out)
{
	CLEANUP(pl_free) plist_t array = plist_new_array();
	err_t e;

	if (array == NULL)
		return ERR_NOMEM;
	if (one != NULL && (e = append(array, one)))
		return e;
	plist_dict_set_item(list, key, *out = TAKE(array));
	return ERR_OK;
}

/* The attribute as an array of strings, or NULL when it is not there. */
static err_t
values(plist_t list, plist_t *out, struct why *why)
{
	plist_t node = plist_dict_get_item(list, key);
	const char *one;
	err_t e;

	if (pl_string(node, &one) == ERR_OK &&
	    (e = make_array(list, one, &node)))
		return e;
	if (node != NULL && pl_strings(node) != ERR_OK)
		return why_add(
		    why, ERR_FORMAT, "key %s wants an array of strings", key);
	*out = node;
	return ERR_OK;
}

static const char *
value_at(plist_t array, uint32_t i)
{
	const char *s = "";

	/* values() made sure that all are strings */
	if (pl_string(plist_array_get_item(array, i), &s) != ERR_OK)
		return "";
	return s;
}

err_t
attr_pairings(plist_t list, struct pkhh out[RECORD_PAIRINGS_MAX], size_t *n,
    struct why *why)
{
	plist_t array;
	uint32_t count;
	size_t found = 0;
	struct pkhh h;
	err_t e;

	if ((e = values(list, &array, why)))
		return e;
	count = array == NULL ? 0 : plist_array_get_size(array);
	for (uint32_t i = 0; i < count; i++) {
		if (pairing_parse(value_at(array, i), &h) != ERR_OK)
			continue;
		if (found == RECORD_PAIRINGS_MAX)
			return why_add(why, ERR_LIMIT, "more than %d pairings",
			    RECORD_PAIRINGS_MAX);
		out[found++] = h;
	}
	*n = found;
	return ERR_OK;
}

err_t
attr_add(plist_t list, const struct pkhh *h, struct why *why)
{
	char text[PAIRING_VALUE_SIZE];
	plist_t array;
	err_t e;

	if ((e = values(list, &array, why)) ||
	    (array == NULL && (e = make_array(list, NULL, &array))))
		return e;
	pairing_print(h, text);
	return append(array, text);
}

err_t
attr_remove(
    plist_t list, const struct pkhh *h, size_t *removed, struct why *why)
{
	plist_t array;
	uint32_t i;
	size_t n = 0;
	struct pkhh at;
	err_t e;

	if ((e = values(list, &array, why)))
		return e;
	i = array == NULL ? 0 : plist_array_get_size(array);
	while (i-- > 0) {
		if (pairing_parse(value_at(array, i), &at) != ERR_OK ||
		    (h != NULL && !pkhh_eq(&at, h)))
			continue;
		plist_array_remove_item(array, i);
		n++;
	}
	*removed = n;
	return ERR_OK;
}
