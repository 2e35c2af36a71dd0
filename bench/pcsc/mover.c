/* SPDX-License-Identifier: BSD-2-Clause */
/* Moves the card of the null driver, which waits for its page to change. */
#include <fcntl.h>
#include <sys/mman.h>

#include "bench.h"
#include "nullifd.h"

static struct nullifd_page *page;

void
mover_open(void)
{
	int fd;
	void *p;

	if (opt.mover == NULL || (fd = open(opt.mover, O_RDWR | O_CLOEXEC)) < 0)
		fatal("-c names nothing that moves a card", 0);
	p = mmap(
	    NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (p == MAP_FAILED)
		fatal(opt.mover, 0);
	page = p;
	(void)mover_move(true);
}

uint64_t
mover_move(bool in)
{
	uint64_t t = now_ns();

	atomic_store(&page->present, in ? 1 : 0);
	atomic_fetch_add(&page->seq, 1);
	(void)nullifd_futex(&page->seq, FUTEX_WAKE, INT32_MAX, NULL);
	return t;
}
