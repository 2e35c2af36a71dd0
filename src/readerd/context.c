/* SPDX-License-Identifier: BSD-2-Clause */
/* The version and the context of a connection. */
#include "base/log.h"
#include "readerd/handle.h"
#include "readerd/request.h"
#include "readerd/service.h"

/*
 * The client gets the minor it asked for: 4:6 clients that are talked down to
 * an older one lose their way.
 */
err_t
on_version(struct client *c, struct handle *h UNUSED)
{
	struct wire_version *b = &c->body.version;

	if (c->refused) {
		client_reply_rv(c, SCARD_E_NO_MEMORY);
		return ERR_OK;
	}
	if (b->major != WIRE_MAJOR || b->minor < WIRE_MINOR_OLDEST ||
	    b->minor > WIRE_MINOR_ARRAY) {
		b->major = WIRE_MAJOR;
		b->minor = WIRE_MINOR_ARRAY;
		client_reply_rv(c, SCARD_E_SERVICE_STOPPED);
		return ERR_OK;
	}
	c->minor = b->minor;
	client_reply_rv(c, SCARD_S_SUCCESS);
	return ERR_OK;
}

bool
client_allowed(struct client *c)
{
	bool yes;

	if (c->access == ACCESS_UNKNOWN) {
		yes = c->dialect == DIALECT_WORKER ||
		    access_allowed(&c->svc->access, c->io.fd, &c->peer);
		c->access = yes ? ACCESS_YES : ACCESS_NO;
		if (!yes)
			log_warning("uid %lu may not use readers: it has no "
				    "active session here and is in no group "
				    "that is let in",
			    (unsigned long)c->peer.uid);
	}
	return c->access == ACCESS_YES;
}

static bool
context_in_use(const struct service *svc, uint32_t context)
{
	for (const struct client *c = svc->clients; c != NULL; c = c->next) {
		if (c->context == context)
			return true;
	}
	return false;
}

err_t
on_establish(struct client *c, struct handle *h UNUSED)
{
	struct wire_establish *b = &c->body.establish;
	uint32_t rv = SCARD_S_SUCCESS;

	b->context = 0;
	if (c->refused)
		rv = SCARD_E_NO_MEMORY;
	else if (!client_allowed(c))
		rv = SCARD_W_SECURITY_VIOLATION;
	else if (b->scope > SCARD_SCOPE_MAX)
		rv = SCARD_E_INVALID_VALUE;
	if (rv == SCARD_S_SUCCESS) {
		do {
			b->context = service_random();
		} while (context_in_use(c->svc, b->context));
		c->context = b->context;
	}
	client_reply_rv(c, rv);
	return ERR_OK;
}

err_t
on_release(struct client *c, struct handle *h UNUSED)
{
	uint32_t rv = SCARD_S_SUCCESS;

	if (c->context == 0)
		rv = SCARD_E_INVALID_HANDLE;
	else if (c->body.release.context != c->context)
		rv = SCARD_E_INVALID_VALUE;
	if (rv == SCARD_S_SUCCESS) {
		while (c->handles != NULL)
			handle_free(c->handles, false);
		c->context = 0;
	}
	client_reply_rv(c, rv);
	return ERR_OK;
}

/* On a connection of its own; the random context is what entitles to it. */
err_t
on_cancel(struct client *c, struct handle *h UNUSED)
{
	uint32_t wanted = c->body.cancel.context;
	struct client *target = c->svc->clients;

	while (target != NULL && (wanted == 0 || target->context != wanted))
		target = target->next;
	if (target != NULL && target->waiting == WAIT_ARMED) {
		client_event(target, SCARD_E_CANCELLED);
	} else if (target != NULL && target->waiting == WAIT_HELD_BACK) {
		target->event_due = true;
		target->due_rv = SCARD_E_CANCELLED;
	}
	client_reply_rv(
	    c, target != NULL ? SCARD_S_SUCCESS : SCARD_E_INVALID_HANDLE);
	return ERR_OK;
}
