/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pcbench: measures a PC/SC service through Debian's libpcsclite. Each command
 * prints one line of JSON. Times are microseconds unless the name says
 * otherwise. Which service it is, PCSCLITE_CSOCK_NAME says.
 */
#ifndef BENCH_PCSC_BENCH_H
#define BENCH_PCSC_BENCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include <winscard.h>

#define CLIENTS_MAX 1024

struct options {
	unsigned int send, recv; /* bytes of a command and of its answer */
	unsigned int iterations;
	unsigned int clients, readers, contexts;
	unsigned int seconds;
	unsigned int hold_us; /* of a transaction, or between two moves */
	pid_t pid; /* of the service, for its memory */
	const char *mover; /* nullifd's page */
};

extern struct options opt;

/* ---- figures.c */

uint64_t now_ns(void);

/* Say what failed, and exit. */
_Noreturn void fatal(const char *what, LONG rv);

/* fatal() unless it is a success. */
void need(const char *what, LONG rv);

/* "name":{median, quantiles}; sorts `ns`. */
void print_figures(const char *name, uint64_t *ns, size_t n);

/* "name":{memory and threads of a process} */
void print_process(const char *name, pid_t pid);

/* Zeroed memory that children share; fatal() without it. */
void *shared_memory(size_t n);

/* ---- client.c */

struct client {
	SCARDCONTEXT context;
	SCARDHANDLE card;
	uint8_t *apdu; /* opt.send bytes that ask for opt.recv */
};

SCARDCONTEXT establish(void);

/* The n-th reader's name, counted round; listed once in each process. */
const char *reader_name(SCARDCONTEXT context, unsigned int n);

/* SCardConnect to the n-th reader, shared. */
LONG connect_card(SCARDCONTEXT context, unsigned int n, SCARDHANDLE *card);

/* A command that asks the null card for opt.recv bytes. Owned. */
uint8_t *make_apdu(void);

/* One exchange, its answer's length checked. */
LONG transmit(SCARDHANDLE card, const uint8_t *apdu);

/* ---- mover.c */

/* Open opt.mover. The card counts as in. */
void mover_open(void);

/* Put the card in or take it out; the time when that was. */
uint64_t mover_move(bool in);

/* ---- the commands; 0 or an exit code */

int run_latency(const char *name);
int run_event(const char *name);
int run_churn(const char *name);
int run_contend(const char *name);
int run_throughput(const char *name);
int run_contexts(const char *name);
int run_startup(char **argv);

#endif
