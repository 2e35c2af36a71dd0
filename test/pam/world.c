/* SPDX-License-Identifier: BSD-2-Clause */
#include "world.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "fake.h"

static void
must(err_t e)
{
	assert_string_equal(err_name(e), err_name(ERR_OK));
}

void
world_init(struct world *w)
{
	char run[128];

	memset(w, 0, sizeof(*w));
	(void)snprintf(w->dir, sizeof(w->dir), "%s/scs-test-XXXXXX",
	    getuid() == 0 ? "/run" : "/tmp");
	assert_non_null(mkdtemp(w->dir));
	assert_int_equal(chmod(w->dir, 0755), 0);
	(void)snprintf(run, sizeof(run), "%s%s", w->dir, PATH_RUN_DIR);
	(void)snprintf(w->conf, sizeof(w->conf), "%s/pam.d", w->dir);
	(void)snprintf(w->log, sizeof(w->log), "%s/log", w->dir);
	must(file_mkdirs(run, 0755));
	must(file_mkdirs(w->conf, 0755));
	must(file_write(w->log, 0600, SPAN_NONE));
}

static int
remove_one(const char *path, const struct stat *st UNUSED, int flag UNUSED,
    struct FTW *ftw UNUSED)
{
	return remove(path);
}

void
world_done(struct world *w)
{
	world_authd_stop(w);
	assert_int_equal(nftw(w->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static void
put_str(struct buf *b, const char *s)
{
	buf_put(b, span_str(s));
}

static void
put_word(struct world *w, struct buf *b, const char *word)
{
	if (strcmp(word, "BARE") == 0) {
		put_str(b, PAM_MODULE);
	} else if (strcmp(word, "CRED") == 0) {
		put_str(b, "cred=" PAM_MODULE);
	} else if (strcmp(word, "SPY") == 0) {
		put_str(b, PAM_SPY);
	} else if (strcmp(word, "MODULE") == 0) {
		put_str(b, PAM_MODULE " timeout=1 prefix=");
		put_str(b, w->dir);
	} else {
		put_str(b, word);
	}
}

void
world_service(struct world *w, const char *name, const char *lines)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(16384);
	char path[256], text[2048], *at = text, *word;

	(void)snprintf(text, sizeof(text), "%s", lines);
	while ((word = strsep(&at, " ")) != NULL) {
		put_word(w, &b, word);
		put_str(&b, at != NULL ? " " : "\n");
	}
	must(buf_status(&b));
	(void)snprintf(path, sizeof(path), "%s/%s", w->conf, name);
	must(file_write(path, 0644, buf_span(&b)));
}

static void
start(struct world *w, const char *script, uid_t uid)
{
	char sock[256];
	int fd = -1, log_fd;
	uid_t me = geteuid();

	world_authd_stop(w);
	(void)snprintf(sock, sizeof(sock), "%s%s", w->dir, PATH_AUTH_SOCK);
	(void)unlink(sock);
	must(fd_listen_unix(sock, 0666, &fd));
	/* SO_PEERCRED is of the last one who called listen(2) */
	assert_int_equal(seteuid(uid), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(seteuid(me), 0);
	log_fd = open(w->log, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_true(log_fd >= 0);
	w->authd = fork();
	assert_true(w->authd >= 0);
	if (w->authd == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		fake_authd(fd, script, log_fd);
	}
	fd_close(&fd);
	fd_close(&log_fd);
}

void
world_authd(struct world *w, const char *script)
{
	start(w, script, geteuid());
}

void
world_authd_as(struct world *w, const char *script, uid_t uid)
{
	start(w, script, uid);
}

void
world_authd_stop(struct world *w)
{
	int status;

	if (w->authd <= 0)
		return;
	(void)kill(w->authd, SIGKILL);
	(void)waitpid(w->authd, &status, 0);
	w->authd = 0;
	/* 2: the script made no sense, and the test proves nothing */
	assert_false(WIFEXITED(status));
}

const char *
world_sent(struct world *w)
{
	static char text[4096];
	CLEANUP(buf_done) struct buf b = BUF_INIT(sizeof(text) - 1);

	must(file_read(w->log, &b));
	if (b.n > 0)
		memcpy(text, b.p, b.n);
	text[b.n] = '\0';
	assert_int_equal(truncate(w->log, 0), 0);
	return text;
}
