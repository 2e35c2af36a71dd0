/* SPDX-License-Identifier: BSD-2-Clause */
/* security(1): what is on the smart cards of this machine. */
#include "tool/security.h"

/* clang-format off */
static const struct verb verbs[] = {
	{ "list-smartcards", "[--json]", security_list_smartcards },
	{ "export-smartcard",
	  "[-i TOKENID] [-t certs|privKeys|identities|all] [-e DIR] [--json]",
	  security_export_smartcard },
	{ "smartcards", "token -l | -e ID | -d ID", security_smartcards },
};
/* clang-format on */

static const struct command security = {
	.name = "security",
	.about = "The manual page is security(1).",
	.verbs = verbs,
	.n = nitems(verbs),
};

int
main(int argc, char **argv)
{
	return command_run(&security, argc, argv);
}
