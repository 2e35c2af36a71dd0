/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loading an IFDHandler, and the two functions that drivers expect from the
 * program that loads them (debuglog.h of pcsc-lite).
 */
#include "reader/ifd/library.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "reader/ifd/trusted.h"

#define EXPORT __attribute__((visibility("default")))
#define PRIORITY_CRITICAL 3 /* PCSC_LOG_CRITICAL */

/* Called by drivers; the names are theirs. */
void log_msg(int priority, const char *fmt, ...) PRINTF(2, 3);
void log_xxd(int priority, const char *msg, const unsigned char *bytes, int n);

EXPORT void
log_msg(int priority, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_at(priority >= PRIORITY_CRITICAL ? LOG_LV_WARNING : LOG_LV_DEBUG,
	    "driver: %s", text);
}

/* Bytes on the way to a card may hold a PIN: their number is all we say. */
EXPORT void
log_xxd(int priority UNUSED, const char *msg, const unsigned char *bytes UNUSED,
    int n)
{
	log_debug("driver: %s%d bytes", msg, n);
}

/* A function's address is one of data to dlsym(3); POSIX says it is safe. */
static bool
find(void *lib, const char *name, void *slot)
{
	void *p = dlsym(lib, name);

	memcpy(slot, &p, sizeof(p));
	return p != NULL;
}

static err_t
find_all(void *lib, struct ifdh *d, struct why *why)
{
	const struct {
		const char *name;
		void *slot;
	} must[] = {
		{ "IFDHCloseChannel", &d->close },
		{ "IFDHGetCapabilities", &d->get },
		{ "IFDHSetProtocolParameters", &d->protocol },
		{ "IFDHPowerICC", &d->power },
		{ "IFDHTransmitToICC", &d->transmit },
		{ "IFDHICCPresence", &d->presence },
	};

	for (size_t i = 0; i < nitems(must); i++) {
		if (!find(lib, must[i].name, must[i].slot))
			return why_add(
			    why, ERR_UNSUPPORTED, "it has no %s", must[i].name);
	}
	(void)find(lib, "IFDHSetCapabilities", &d->set);
	(void)find(lib, "IFDHCreateChannel", &d->create);
	/* what IFDHControl takes depends on the version */
	if (find(lib, "IFDHCreateChannelByName", &d->create_by_name))
		(void)find(lib, "IFDHControl", &d->control3);
	else if (d->create != NULL)
		(void)find(lib, "IFDHControl", &d->control2);
	else
		return why_add(
		    why, ERR_UNSUPPORTED, "it has no IFDHCreateChannel");
	return ERR_OK;
}

err_t
library_open(const char *path, struct ifdh *out, struct why *why)
{
	char real[PATH_MAX];
	struct ifdh d = { 0 };
	const char *text;
	void *lib;
	err_t e;

	if ((e = trusted_path(path, real, why)))
		return e;
	/* the end of a thread needs it, and later it could not be loaded */
	(void)dlopen("libgcc_s.so.1", RTLD_NOW);
	(void)alarm(LIBRARY_LOAD_SEC);
	lib = dlopen(real, RTLD_NOW | RTLD_LOCAL);
	(void)alarm(0);
	if (lib == NULL) {
		text = dlerror();
		return why_add(why, ERR_ABSENT, "%s",
		    text != NULL ? text : "it cannot be loaded");
	}
	if ((e = find_all(lib, &d, why))) {
		(void)dlclose(lib);
		return e;
	}
	*out = d;
	return ERR_OK;
}
