/* SPDX-License-Identifier: BSD-2-Clause */
/* Three lists of the same length, or three single values; all of it strings.
 * A list of one string is one string. */
#include "reader/config/bundle.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "prefs/pl.h"
#include "reader/config/loose.h"

/* A hexadecimal number of at most 32 bits, "0x" before it or not. */
static bool
hex(const char *s, uint32_t *out)
{
	uint32_t v = 0;
	size_t n = 0;

	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
		s += 2;
	for (; s[n] != '\0'; n++) {
		unsigned int d;

		if (s[n] >= '0' && s[n] <= '9')
			d = (unsigned int)(s[n] - '0');
		else if (s[n] >= 'a' && s[n] <= 'f')
			d = (unsigned int)(s[n] - 'a') + 10;
		else if (s[n] >= 'A' && s[n] <= 'F')
			d = (unsigned int)(s[n] - 'A') + 10;
		else
			return false;
		if (n == 8)
			return false;
		v = v << 4 | d;
	}
	*out = v;
	return n > 0;
}

static bool
copy(const char *s, char out[BUNDLE_NAME])
{
	size_t n = strlen(s);

	if (n == 0 || n >= BUNDLE_NAME || !text_ok(span_str(s)))
		return false;
	memcpy(out, s, n + 1);
	return true;
}

/* How many values a key has; 0: it has no strings. */
static size_t
count(plist_t node)
{
	const char *s;

	if (pl_string(node, &s) == ERR_OK)
		return 1;
	return pl_strings(node) == ERR_OK ? plist_array_get_size(node) : 0;
}

static const char *
item(plist_t node, size_t i)
{
	const char *s = NULL;

	if (plist_get_node_type(node) == PLIST_ARRAY)
		node = plist_array_get_item(node, (uint32_t)i);
	return pl_string(node, &s) == ERR_OK ? s : "";
}

/* The value of a key, "" where it has none. */
static const char *
value(plist_t root, const char *key)
{
	return item(plist_dict_get_item(root, key), 0);
}

static err_t
parse_device(plist_t const lists[3], size_t i, struct bundle_device *out,
    struct why *why)
{
	uint32_t vendor, product;

	if (!hex(item(lists[0], i), &vendor) || vendor > UINT16_MAX)
		return why_add(why, ERR_FORMAT, "ifdVendorID %zu", i);
	if (!hex(item(lists[1], i), &product) || product > UINT16_MAX)
		return why_add(why, ERR_FORMAT, "ifdProductID %zu", i);
	if (!copy(item(lists[2], i), out->name))
		return why_add(why, ERR_FORMAT, "ifdFriendlyName %zu", i);
	out->vendor = (uint16_t)vendor;
	out->product = (uint16_t)product;
	return ERR_OK;
}

static err_t
parse_devices(plist_t root, struct bundle *out, struct why *why)
{
	plist_t const lists[] = { plist_dict_get_item(root, "ifdVendorID"),
		plist_dict_get_item(root, "ifdProductID"),
		plist_dict_get_item(root, "ifdFriendlyName") };
	size_t n = count(lists[0]);
	err_t e;

	if (n == 0 || count(lists[1]) != n || count(lists[2]) != n)
		return why_add(why, ERR_FORMAT,
		    "ifdVendorID, ifdProductID and ifdFriendlyName do not "
		    "have as many strings");
	if (n > BUNDLE_DEVICES_MAX)
		return why_add(
		    why, ERR_LIMIT, "more than %d devices", BUNDLE_DEVICES_MAX);
	if ((out->devices = calloc(n, sizeof(*out->devices))) == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < n; i++) {
		if ((e = parse_device(lists, i, &out->devices[i], why)))
			return e;
	}
	out->n = n;
	return ERR_OK;
}

static err_t
parse_root(plist_t root, struct bundle *out, struct why *why)
{
	plist_t cap = plist_dict_get_item(root, "ifdCapabilities");
	const char *s = value(root, "CFBundleExecutable");

	if (!copy(s, out->executable) || s[0] == '.' || strchr(s, '/') != NULL)
		return why_add(
		    why, ERR_FORMAT, "CFBundleExecutable is no file's name");
	if (cap != NULL && !hex(item(cap, 0), &out->capabilities))
		return why_add(why, ERR_FORMAT, "ifdCapabilities is no number");
	out->class_driver =
	    strcmp(value(root, "CFBundleName"), "CCIDCLASSDRIVER") == 0;
	return parse_devices(root, out, why);
}

err_t
bundle_parse(struct span text, struct bundle *out, struct why *why)
{
	CLEANUP(pl_free) plist_t root = NULL;
	struct bundle b = { 0 };
	struct why strict = { 0 };
	err_t e;

	/* where the second fails as well, the first says what is wrong */
	if ((e = pl_parse(text, &root, &strict)) == ERR_FORMAT)
		e = loose_parse(text, &root);
	if (e == ERR_NOMEM)
		return why_add(why, e, "no memory");
	if (e != ERR_OK)
		return why_add(why, e, "%s", strict.text);
	if ((e = parse_root(root, &b, why))) {
		bundle_done(&b);
		return e;
	}
	*out = b;
	return ERR_OK;
}

err_t
bundle_load(const char *dir, struct bundle *out, struct why *why)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(PL_SIZE_MAX);
	char path[PATH_MAX], real[PATH_MAX];
	int n;
	err_t e;

	n = snprintf(path, sizeof(path), "%s/Contents/Info.plist", dir);
	if (n < 0 || (size_t)n >= sizeof(path))
		return why_add(why, ERR_LIMIT, "its path is too long");
	if (realpath(path, real) == NULL)
		return why_add(why, ERR_ABSENT, "%s is not there", path);
	if ((e = file_read_trusted(real, &text)))
		return why_add(why, e, "%s: %s", real,
		    e == ERR_DENIED
			? "it must be a file of root's that nobody else can "
			  "write"
			: err_text(e));
	if ((e = bundle_parse(buf_span(&text), out, why)))
		return why_add(why, e, "%s", real);
	return ERR_OK;
}

err_t
bundle_library(const char *dir, const struct bundle *b, size_t max, char *out)
{
	int n = snprintf(out, max, "%s/Contents/Linux/%s", dir, b->executable);

	return n < 0 || (size_t)n >= max ? ERR_LIMIT : ERR_OK;
}

void
bundle_done(struct bundle *b)
{
	free(b->devices);
	*b = (struct bundle){ 0 };
}

const struct bundle_device *
bundle_find(const struct bundle *b, uint16_t vendor, uint16_t product)
{
	for (size_t i = 0; i < b->n; i++) {
		if (b->devices[i].vendor == vendor &&
		    b->devices[i].product == product)
			return &b->devices[i];
	}
	return NULL;
}

size_t
bundle_choose(
    const struct bundle *list, size_t n, uint16_t vendor, uint16_t product)
{
	size_t found = n;

	for (size_t i = 0; i < n; i++) {
		if (bundle_find(&list[i], vendor, product) == NULL)
			continue;
		if (!list[i].class_driver)
			return i;
		if (found == n)
			found = i;
	}
	return found;
}
