/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A module that stands before or after the one under test:
 *
 *	set=TEXT  put TEXT into PAM_AUTHTOK, as a password module would
 *	show      tell the person what is in PAM_AUTHTOK now
 *	cred=PATH tell what pam_sm_setcred() of that module says, outside of
 *	          any stack: libpam's memory of results does not help it there
 */
#include <dlfcn.h>
#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

static void
tell_cred(pam_handle_t *h, const char *path)
{
	typedef int setcred_fn(pam_handle_t *, int, int, const char **);
	void *module = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
	setcred_fn *fn;

	if (module == NULL)
		return;
	/* POSIX's way around the lack of a cast */
	*(void **)&fn = dlsym(module, "pam_sm_setcred");
	if (fn != NULL)
		(void)pam_info(h, "cred %d", fn(h, 0, 0, NULL));
	(void)dlclose(module);
}

EXPORT int
pam_sm_authenticate(pam_handle_t *h, int flags, int argc, const char **argv)
{
	const void *token = NULL;

	(void)flags;
	for (int i = 0; i < argc; i++) {
		if (strncmp(argv[i], "set=", 4) == 0 &&
		    pam_set_item(h, PAM_AUTHTOK, argv[i] + 4) != PAM_SUCCESS)
			return PAM_SYSTEM_ERR;
		if (strncmp(argv[i], "cred=", 5) == 0)
			tell_cred(h, argv[i] + 5);
		if (strcmp(argv[i], "show") != 0)
			continue;
		if (pam_get_item(h, PAM_AUTHTOK, &token) != PAM_SUCCESS)
			return PAM_SYSTEM_ERR;
		(void)pam_info(h, "authtok %s",
		    token != NULL ? (const char *)token : "none");
	}
	return PAM_IGNORE;
}

EXPORT int
pam_sm_setcred(pam_handle_t *h, int flags, int argc, const char **argv)
{
	(void)h;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_IGNORE;
}
