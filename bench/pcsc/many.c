/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many client processes at once. throughput: commands outside transactions.
 * contend: transactions with one command that hold the card for opt.hold_us.
 */
#include <sys/wait.h>

#include "bench.h"

static struct shared {
	_Atomic uint32_t ready, go, stop, failed;
	_Atomic uint64_t ops[CLIENTS_MAX];
	_Atomic uint64_t worst_ns[CLIENTS_MAX];
	_Atomic uint64_t since[CLIENTS_MAX]; /* when the last one began */
} * all;

static LONG
one_op(const struct client *c, bool transact)
{
	LONG rv;

	if (!transact)
		return transmit(c->card, c->apdu);
	if ((rv = SCardBeginTransaction(c->card)) != SCARD_S_SUCCESS)
		return rv;
	(void)usleep(opt.hold_us);
	rv = transmit(c->card, c->apdu);
	(void)SCardEndTransaction(c->card, SCARD_LEAVE_CARD);
	return rv;
}

static void
client_body(unsigned int n, bool transact)
{
	struct client c = { .apdu = make_apdu(), .context = establish() };
	uint64_t t, worst = 0, ops = 0;

	need("SCardConnect", connect_card(c.context, n % opt.readers, &c.card));
	atomic_fetch_add(&all->ready, 1);
	while (!atomic_load(&all->go))
		(void)usleep(1000);
	while (!atomic_load(&all->stop)) {
		t = now_ns();
		atomic_store(&all->since[n], t);
		if (one_op(&c, transact) != SCARD_S_SUCCESS) {
			atomic_fetch_add(&all->failed, 1);
			break;
		}
		t = now_ns() - t;
		worst = t > worst ? t : worst;
		atomic_store(&all->ops[n], ++ops);
		atomic_store(&all->worst_ns[n], worst);
	}
	(void)SCardDisconnect(c.card, SCARD_LEAVE_CARD);
	(void)SCardReleaseContext(c.context);
}

static void
print_result(const char *name, double seconds)
{
	uint64_t total = 0, low = UINT64_MAX, high = 0, worst = 0, v;
	uint64_t now = now_ns();

	for (unsigned int i = 0; i < opt.clients; i++) {
		v = atomic_load(&all->ops[i]);
		total += v;
		low = v < low ? v : low;
		high = v > high ? v : high;
		v = atomic_load(&all->worst_ns[i]);
		worst = v > worst ? v : worst;
		/* who was never served is still waiting */
		v = now - atomic_load(&all->since[i]);
		worst = v > worst && v < now ? v : worst;
	}
	printf("{\"bench\":\"%s\",\"clients\":%u,\"failed\":%u,"
	       "\"per_second\":%.1f,\"least_served\":%llu,"
	       "\"most_served\":%llu,\"least_share\":%.4f,\"worst_us\":%.0f}\n",
	    name, opt.clients, atomic_load(&all->failed),
	    (double)total / seconds, (unsigned long long)low,
	    (unsigned long long)high,
	    total > 0 ? (double)low / (double)total : 0.0,
	    (double)worst / 1000.0);
}

static int
run_many(const char *name, bool transact)
{
	static pid_t pids[CLIENTS_MAX];
	uint64_t t0;

	all = shared_memory(sizeof(*all));
	for (unsigned int i = 0; i < opt.clients; i++) {
		if ((pids[i] = fork()) < 0)
			fatal("fork", 0);
		if (pids[i] == 0) {
			client_body(i, transact);
			_exit(0);
		}
	}
	while (atomic_load(&all->ready) < opt.clients)
		(void)usleep(2000);
	(void)usleep(100000);
	t0 = now_ns();
	atomic_store(&all->go, 1);
	(void)usleep(opt.seconds * 1000000);
	print_result(name, (double)(now_ns() - t0) / 1e9);
	atomic_store(&all->stop, 1);
	for (unsigned int i = 0; i < opt.clients; i++)
		(void)waitpid(pids[i], NULL, 0);
	return atomic_load(&all->failed) > 0 ? 1 : 0;
}

int
run_contend(const char *name)
{
	return run_many(name, true);
}

int
run_throughput(const char *name)
{
	return run_many(name, false);
}
