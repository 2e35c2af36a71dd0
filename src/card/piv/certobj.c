/* SPDX-License-Identifier: BSD-2-Clause */
#include "card/piv/certobj.h"

#define ZLIB_CONST /* zlib does not write to its input */
#include <zlib.h>

#include "codec/tlv.h"

#define INFO_GZIP 0x01
#define GZIP_WINDOW (15 + 16) /* zlib: largest window, gzip header wanted */
#define CHUNK 1024

/* Run the stream dry into `out`; true when it ended where its input does. */
static err_t
inflate_all(z_stream *z, struct buf *out)
{
	uint8_t chunk[CHUNK];
	int r;

	do {
		z->next_out = chunk;
		z->avail_out = sizeof(chunk);
		r = inflate(z, Z_NO_FLUSH);
		if (r == Z_MEM_ERROR)
			return ERR_NOMEM;
		if (r != Z_OK && r != Z_STREAM_END)
			return ERR_FORMAT;
		buf_put(out, span_from(chunk, CHUNK - z->avail_out));
		if (buf_status(out) != ERR_OK)
			return buf_status(out);
	} while (r != Z_STREAM_END);
	return z->avail_in == 0 ? ERR_OK : ERR_FORMAT;
}

static err_t
gunzip(struct span in, struct buf *out)
{
	z_stream z = { .next_in = in.p, .avail_in = (uInt)in.n };
	err_t e;

	if (inflateInit2(&z, GZIP_WINDOW) != Z_OK)
		return ERR_NOMEM;
	e = inflate_all(&z, out);
	(void)inflateEnd(&z);
	return e;
}

err_t
piv_certobj_parse(struct span in, struct buf *der)
{
	struct span obj, val, cert = SPAN_NONE, info = SPAN_NONE;
	uint32_t tag;
	err_t e;

	if ((e = tlv_want(&in, 0x53, &obj)) || (e = span_end(in)))
		return e;
	while (obj.n > 0) {
		if ((e = tlv_next(&obj, &tag, &val)))
			return e;
		if ((tag == 0x70 && (e = tlv_once(val, &cert))) ||
		    (tag == 0x71 && (e = tlv_once(val, &info))))
			return e;
	}
	if (cert.n == 0)
		return ERR_ABSENT;
	if (info.n > 1)
		return ERR_FORMAT;
	if (info.n == 0 || info.p[0] == 0) {
		buf_put(der, cert);
		return buf_status(der);
	}
	if (info.p[0] != INFO_GZIP)
		return ERR_UNSUPPORTED;
	return gunzip(cert, der);
}
