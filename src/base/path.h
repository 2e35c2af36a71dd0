/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every path of the system, and the one way to move them all under a prefix.
 * The prefix comes from an option (daemons, tools), from a module argument
 * (PAM), or from secure_getenv in unprivileged clients; nowhere else.
 */
#ifndef SCS_BASE_PATH_H
#define SCS_BASE_PATH_H

#include "base/err.h"

#define SCS_PATH_MAX 4096

/* clang-format off */
#define PATH_RUN_DIR      "/run/scs"
#define PATH_TOKEN_SOCK   "/run/scs/token.sock"  /* tokend: everybody */
#define PATH_AUTH_SOCK    "/run/scs/auth.sock"   /* authd: everybody */
#define PATH_READER_SOCK  "/run/scs/reader.sock" /* readerd: root, for workers */
#define PATH_VIRTUAL_FMT  "/run/scs/virtual-%u.sock" /* a card connects here */
#define PATH_PCSC_DIR     "/run/pcscd"
#define PATH_PCSC_SOCK    "/run/pcscd/pcscd.comm"
#define PATH_CONF_DIR     "/etc/SmartCardServices"
#define PATH_PREFS_DIR    "/etc/SmartCardServices/preferences"
#define PATH_MANAGED_DIR  "/etc/SmartCardServices/managed"
#define PATH_USERS_DIR    "/etc/SmartCardServices/directory/users"
#define PATH_ANCHORS_DIR  "/etc/SmartCardServices/anchors"
#define PATH_READER_CONF  "/etc/reader.conf.d" /* pcsc-lite's */
#define PATH_DRIVERS      "/usr/local/libexec/SmartCardServices/drivers"
#define PATH_PCSC_DRIVERS "/usr/lib/pcsc/drivers" /* pcsc-lite's */
#define PATH_LOGIN_PLIST  "/etc/SmartcardLogin.plist"
/* clang-format on */

/*
 * PREFIX + PATH. `prefix` NULL or "" means the system itself.
 * ERR_LIMIT: too long. ERR_FORMAT: a prefix that is not absolute or that holds
 * a ".." component.
 */
MUST_CHECK err_t path_under(
    const char *prefix, const char *path, char out[SCS_PATH_MAX]);

/*
 * The prefix that an unprivileged client takes from SCS_PREFIX by
 * secure_getenv; NULL for none. Daemons, PAM and root tools never call this.
 */
const char *path_client_prefix(void);

#endif
