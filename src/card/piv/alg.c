/* SPDX-License-Identifier: BSD-2-Clause */
#include "card/piv/alg.h"

static const struct {
	enum piv_alg alg;
	bool rsa;
	unsigned int bits;
} algs[] = {
	{ PIV_ALG_RSA_2048, true, 2048 },
	{ PIV_ALG_RSA_3072, true, 3072 },
	{ PIV_ALG_RSA_4096, true, 4096 },
	{ PIV_ALG_P256, false, 256 },
	{ PIV_ALG_P384, false, 384 },
};

static size_t
find(uint8_t alg)
{
	size_t i = 0;

	while (i < nitems(algs) && algs[i].alg != alg)
		i++;
	return i;
}

bool
piv_alg_is_rsa(uint8_t alg)
{
	size_t i = find(alg);

	return i < nitems(algs) && algs[i].rsa;
}

bool
piv_alg_is_ec(uint8_t alg)
{
	size_t i = find(alg);

	return i < nitems(algs) && !algs[i].rsa;
}

size_t
piv_alg_size(uint8_t alg)
{
	size_t i = find(alg);

	return i < nitems(algs) ? algs[i].bits / 8 : 0;
}

enum piv_alg
piv_alg_rsa(unsigned int bits)
{
	for (size_t i = 0; i < nitems(algs); i++)
		if (algs[i].rsa && algs[i].bits == bits)
			return algs[i].alg;
	return PIV_ALG_NONE;
}
