/* SPDX-License-Identifier: BSD-2-Clause */
#include "tokend/fit.h"

#include <stdbool.h>

/* Do all up to `limit` fit? Also the largest of them. */
static bool
fits(const size_t *sizes, size_t n, size_t room, size_t limit, size_t *largest)
{
	bool all = true;

	*largest = 0;
	for (size_t i = 0; i < n; i++) {
		if (sizes[i] > limit)
			continue;
		if (sizes[i] > *largest)
			*largest = sizes[i];
		all = all && sizes[i] <= room;
		if (all)
			room -= sizes[i];
	}
	return all;
}

size_t
fit_up_to(const size_t *sizes, size_t n, size_t room)
{
	size_t limit = room, largest;

	/* what does not fit has a largest part that is not 0 */
	while (!fits(sizes, n, room, limit, &largest))
		limit = largest - 1;
	return limit;
}
