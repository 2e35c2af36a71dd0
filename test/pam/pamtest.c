/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PAM application for scripts: runs operations in the order given, answers
 * prompts from a list, prints the dialogue and PAM's codes by name.
 *
 *	pamtest [-c DIR] [-a ANSWER]... [-i ITEM=VALUE]... SERVICE USER OP...
 *
 *	-c DIR   read the service from DIR instead of /etc/pam.d
 *	-a       the answer to the next prompt; none left: the prompt fails
 *	-i       tty, rhost, ruser
 *	USER     "" for none
 *	OP       authenticate setcred acct_mgmt open_session close_session
 *	         chauthtok user
 *
 * Exit status: 0, or the PAM code of the first operation that fails, at which
 * it stops; 64 usage.
 */
#include <security/pam_appl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "codes.h"
#include "conv.h"

static int
op_authenticate(pam_handle_t *h)
{
	return pam_authenticate(h, 0);
}

static int
op_setcred(pam_handle_t *h)
{
	return pam_setcred(h, PAM_ESTABLISH_CRED);
}

static int
op_acct_mgmt(pam_handle_t *h)
{
	return pam_acct_mgmt(h, 0);
}

static int
op_open_session(pam_handle_t *h)
{
	return pam_open_session(h, 0);
}

static int
op_close_session(pam_handle_t *h)
{
	return pam_close_session(h, 0);
}

static int
op_chauthtok(pam_handle_t *h)
{
	return pam_chauthtok(h, 0);
}

static int
op_user(pam_handle_t *h)
{
	const void *user = NULL;
	int rc = pam_get_item(h, PAM_USER, &user);

	printf("user: %s\n", user != NULL ? (const char *)user : "none");
	return rc;
}

/* clang-format off */
static const struct {
	const char *name;
	int (*run)(pam_handle_t *h);
} ops[] = {
	{ "authenticate",  op_authenticate },
	{ "setcred",       op_setcred },
	{ "acct_mgmt",     op_acct_mgmt },
	{ "open_session",  op_open_session },
	{ "close_session", op_close_session },
	{ "chauthtok",     op_chauthtok },
	{ "user",          op_user },
};

static const struct {
	const char *name;
	int item;
} items[] = {
	{ "tty=",   PAM_TTY },
	{ "rhost=", PAM_RHOST },
	{ "ruser=", PAM_RUSER },
};
/* clang-format on */

static int
set_item(pam_handle_t *h, const char *arg)
{
	for (size_t i = 0; i < nitems(items); i++) {
		size_t n = strlen(items[i].name);

		if (strncmp(arg, items[i].name, n) == 0)
			return pam_set_item(h, items[i].item, arg + n);
	}
	return PAM_BAD_ITEM;
}

static int
run_op(pam_handle_t *h, struct conv *c, const char *name)
{
	int rc = PAM_BAD_ITEM;

	for (size_t i = 0; i < nitems(ops); i++) {
		if (strcmp(name, ops[i].name) == 0)
			rc = ops[i].run(h);
	}
	printf("%s%s: %s\n", c->heard, name, code_name(rc));
	c->heard[0] = '\0';
	return rc;
}

static int
usage(void)
{
	fprintf(stderr,
	    "usage: pamtest [-c DIR] [-a ANSWER]... [-i ITEM=VALUE]... "
	    "SERVICE USER OP...\n");
	return 64;
}

int
main(int argc, char **argv)
{
	struct buf answers = BUF_INIT(4096);
	const char *dir = NULL, *set[8];
	struct conv c = { 0 };
	struct pam_conv conv = conv_of(&c);
	const char *user;
	int opt, rc;
	size_t n = 0;

	while ((opt = getopt(argc, argv, "+c:a:i:")) != -1) {
		if (opt == 'c') {
			dir = optarg;
		} else if (opt == 'i' && n < nitems(set)) {
			set[n++] = optarg;
		} else if (opt == 'a') {
			if (answers.n > 0)
				buf_put_u8(&answers, '|');
			buf_put(&answers, span_str(optarg));
			c.answers = "";
		} else {
			return usage();
		}
	}
	if (argc - optind < 3)
		return usage();
	buf_put_u8(&answers, '\0');
	if (buf_status(&answers) != ERR_OK)
		return usage();
	if (c.answers != NULL)
		c.answers = (const char *)answers.p;
	user = argv[optind + 1][0] != '\0' ? argv[optind + 1] : NULL;
	rc = dir != NULL
	    ? pam_start_confdir(argv[optind], user, &conv, dir, &c.h)
	    : pam_start(argv[optind], user, &conv, &c.h);
	for (size_t i = 0; i < n && rc == PAM_SUCCESS; i++)
		rc = set_item(c.h, set[i]);
	for (int i = optind + 2; i < argc && rc == PAM_SUCCESS; i++)
		rc = run_op(c.h, &c, argv[i]);
	if (c.h != NULL)
		(void)pam_end(c.h, rc);
	buf_done(&answers);
	return rc;
}
