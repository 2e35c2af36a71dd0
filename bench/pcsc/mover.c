/* SPDX-License-Identifier: BSD-2-Clause */
/* Moves the card: pcscd's nullifd has a page and a futex, our null-ifd a socket. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "bench.h"
#include "nullifd.h"

static struct nullifd_page *page; /* one of these two */
static int sock = -1;

static void
open_socket(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s", opt.mover);
	sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (sock < 0 ||
	    connect(sock, (const struct sockaddr *)&a, sizeof(a)) != 0)
		fatal(opt.mover, 0);
}

static void
open_page(void)
{
	int fd = open(opt.mover, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		fatal(opt.mover, 0);
	page = mmap(
	    NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (page == MAP_FAILED)
		fatal(opt.mover, 0);
}

void
mover_open(void)
{
	struct stat st;

	if (opt.mover == NULL || stat(opt.mover, &st) != 0)
		fatal("-c names nothing that moves a card", 0);
	if (S_ISSOCK(st.st_mode))
		open_socket();
	else
		open_page();
	(void)mover_move(true);
}

uint64_t
mover_move(bool in)
{
	uint8_t byte = in ? 1 : 0;
	uint64_t t = now_ns();

	if (page == NULL) {
		if (send(sock, &byte, 1, MSG_NOSIGNAL) != 1)
			fatal("the driver's process has gone", 0);
		return t;
	}
	atomic_store(&page->present, byte);
	atomic_fetch_add(&page->seq, 1);
	(void)nullifd_futex(&page->seq, FUTEX_WAKE, INT32_MAX, NULL);
	return t;
}
