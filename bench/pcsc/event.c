/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cards that move. event: from the move to the return of SCardGetStatusChange,
 * with opt.clients processes that wait. churn: cards move all the time while a
 * client asks; each return that is no success and no time-out is wrong.
 */
#include <signal.h>
#include <sys/wait.h>

#include "bench.h"

#define LOST_NS 3000000000u
#define JITTER_US 20000u /* moves keep no step with anybody's timer */
#define STEP_US 7919u

struct waiter {
	_Atomic uint64_t t_return; /* of the last move it saw */
	_Atomic uint32_t rounds; /* moves seen */
	_Atomic uint32_t ready;
};

static void
waiter_loop(struct waiter *w)
{
	SCARDCONTEXT context = establish();
	SCARD_READERSTATE st = { .szReader = reader_name(context, 0) };
	uint64_t t;

	need("SCardGetStatusChange", SCardGetStatusChange(context, 0, &st, 1));
	st.dwCurrentState = st.dwEventState;
	atomic_store(&w->ready, 1);
	for (;;) {
		need("SCardGetStatusChange",
		    SCardGetStatusChange(context, INFINITE, &st, 1));
		t = now_ns();
		/* others' connections are changes too, and no moves */
		if (((st.dwCurrentState ^ st.dwEventState) &
			SCARD_STATE_PRESENT) != 0) {
			atomic_store(&w->t_return, t);
			atomic_fetch_add(&w->rounds, 1);
		}
		st.dwCurrentState =
		    st.dwEventState & ~(DWORD)SCARD_STATE_CHANGED;
	}
}

/* False: not all of them saw the move. */
static bool
wait_all(struct waiter *w, uint32_t round, uint64_t until)
{
	for (unsigned int i = 0; i < opt.clients; i++) {
		while (atomic_load(&w[i].rounds) < round) {
			if (now_ns() > until)
				return false;
			(void)usleep(200);
		}
	}
	return true;
}

static void
start_waiters(struct waiter *w, pid_t *pids)
{
	for (unsigned int i = 0; i < opt.clients; i++) {
		pids[i] = fork();
		if (pids[i] < 0)
			fatal("fork", 0);
		if (pids[i] == 0) {
			waiter_loop(&w[i]);
			_exit(0);
		}
	}
	for (unsigned int i = 0; i < opt.clients; i++) {
		while (!atomic_load(&w[i].ready))
			(void)usleep(1000);
	}
	(void)usleep(200000); /* until all of them wait */
}

static void
end_children(const pid_t *pids, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		(void)kill(pids[i], SIGKILL);
		(void)waitpid(pids[i], NULL, 0);
	}
}

int
run_event(const char *name)
{
	static pid_t pids[CLIENTS_MAX];
	struct waiter *w = shared_memory(opt.clients * sizeof(*w));
	uint64_t *first = calloc(opt.iterations, sizeof(*first));
	uint64_t *last = calloc(opt.iterations, sizeof(*last));
	uint64_t t0, t, latest;

	if (first == NULL || last == NULL)
		fatal("memory", 0);
	mover_open();
	start_waiters(w, pids);
	for (unsigned int j = 0; j < opt.iterations; j++) {
		(void)usleep(20000 + j * STEP_US % JITTER_US);
		t0 = mover_move(j % 2 == 1);
		if (!wait_all(w, j + 1, t0 + LOST_NS))
			fatal("a client was not told of a move", 0);
		first[j] = last[j] = atomic_load(&w[0].t_return) - t0;
		for (unsigned int i = 0; i < opt.clients; i++) {
			t = atomic_load(&w[i].t_return) - t0;
			first[j] = t < first[j] ? t : first[j];
			latest = last[j];
			last[j] = t > latest ? t : latest;
		}
	}
	end_children(pids, opt.clients);
	(void)mover_move(true);
	printf("{\"bench\":\"%s\",\"clients\":%u,", name, opt.clients);
	print_figures("first_us", first, opt.iterations);
	printf(",");
	print_figures("last_us", last, opt.iterations);
	printf("}\n");
	return 0;
}

static void
move_for_ever(void)
{
	for (bool in = false;; in = !in) {
		(void)mover_move(in);
		(void)usleep(opt.hold_us);
	}
}

int
run_churn(const char *name)
{
	SCARDCONTEXT context = establish();
	SCARD_READERSTATE st = { .szReader = reader_name(context, 0) };
	unsigned long wrong = 0, changes = 0;
	pid_t pid;
	LONG rv;

	mover_open();
	if ((pid = fork()) < 0)
		fatal("fork", 0);
	if (pid == 0)
		move_for_ever();
	for (unsigned int i = 0; i < opt.iterations; i++) {
		rv = SCardGetStatusChange(context, 2, &st, 1);
		changes += rv == SCARD_S_SUCCESS ? 1 : 0;
		st.dwCurrentState =
		    st.dwEventState & ~(DWORD)SCARD_STATE_CHANGED;
		if (rv == SCARD_S_SUCCESS || rv == (LONG)SCARD_E_TIMEOUT)
			continue;
		wrong++;
		(void)SCardReleaseContext(context);
		context = establish();
		st.dwCurrentState = SCARD_STATE_UNAWARE;
	}
	end_children(&pid, 1);
	(void)mover_move(true);
	printf("{\"bench\":\"%s\",\"returns\":%u,\"changes\":%lu,"
	       "\"wrong\":%lu}\n",
	    name, opt.iterations, changes, wrong);
	return 0;
}
