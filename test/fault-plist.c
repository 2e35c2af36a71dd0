/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Allocations inside libplist, as its callers see them fail: the call gives
 * NULL. Link with fault_plist_dep (see fault.h). Its parsers are left out: their
 * NULL means a malformed list.
 */
#include <plist/plist.h>

#include "fault.h"

#define WRAP_NEW(name, parameters, arguments)                        \
	plist_t __real_##name parameters;                            \
	plist_t __wrap_##name parameters;                            \
	plist_t __wrap_##name parameters                             \
	{                                                            \
		return fault_now() ? NULL : __real_##name arguments; \
	}

WRAP_NEW(plist_new_array, (void), ())
WRAP_NEW(plist_new_dict, (void), ())
WRAP_NEW(plist_new_string, (const char *s), (s))
WRAP_NEW(plist_new_bool, (uint8_t v), (v))
WRAP_NEW(plist_new_uint, (uint64_t v), (v))
WRAP_NEW(plist_copy, (plist_t node), (node))

#define WRAP_OUT(name, parameters, arguments, out) \
	void __real_##name parameters;             \
	void __wrap_##name parameters;             \
	void __wrap_##name parameters              \
	{                                          \
		if (fault_now())                   \
			*(out) = NULL;             \
		else                               \
			__real_##name arguments;   \
	}

WRAP_OUT(
    plist_dict_new_iter, (plist_t node, plist_dict_iter *it), (node, it), it)
WRAP_OUT(
    plist_array_new_iter, (plist_t node, plist_array_iter *it), (node, it), it)
WRAP_OUT(
    plist_to_xml, (plist_t node, char **xml, uint32_t *n), (node, xml, n), xml)
