/* SPDX-License-Identifier: BSD-2-Clause */
/* fake-authd PREFIX LOG SCRIPT: see fake.h. Prints "ready" when it listens. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "fake.h"

int
main(int argc, char **argv)
{
	char run[SCS_PATH_MAX], sock[SCS_PATH_MAX];
	int fd = -1, log_fd;
	err_t e;

	if (argc != 4) {
		fprintf(stderr, "usage: fake-authd PREFIX LOG SCRIPT\n");
		return 64;
	}
	if ((e = path_under(argv[1], PATH_RUN_DIR, run)) ||
	    (e = path_under(argv[1], PATH_AUTH_SOCK, sock)) ||
	    (e = file_mkdirs(run, 0755)) ||
	    (e = fd_listen_unix(sock, 0666, &fd))) {
		fprintf(stderr, "fake-authd: %s: %s\n", argv[1], err_text(e));
		return 1;
	}
	log_fd = open(argv[2], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log_fd < 0) {
		perror(argv[2]);
		return 1;
	}
	printf("ready\n");
	(void)fflush(stdout);
	fake_authd(fd, argv[3], log_fd);
}
