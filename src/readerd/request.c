/* SPDX-License-Identifier: BSD-2-Clause */
#include "readerd/request.h"

#define BODY(type) sizeof(struct type)

/* clang-format off */
static const struct request requests[] = {
	{ WIRE_ESTABLISH_CONTEXT, BODY(wire_establish), 0, on_establish },
	{ WIRE_RELEASE_CONTEXT, BODY(wire_release), 0, on_release },
	{ WIRE_CONNECT, BODY(wire_connect), NEEDS_ACCESS | NEEDS_READERS, on_connect },
	{ WIRE_RECONNECT, BODY(wire_reconnect), NEEDS_HANDLE, on_reconnect },
	{ WIRE_DISCONNECT, BODY(wire_disposition), NEEDS_HANDLE, on_disconnect },
	{ WIRE_BEGIN_TRANSACTION, BODY(wire_handle), NEEDS_HANDLE, on_begin },
	{ WIRE_END_TRANSACTION, BODY(wire_disposition), NEEDS_HANDLE, on_end },
	{ WIRE_TRANSMIT, BODY(wire_transmit), NEEDS_HANDLE | HAS_DATA, on_transmit },
	{ WIRE_CONTROL, BODY(wire_control), NEEDS_HANDLE | HAS_DATA, on_control },
	{ WIRE_STATUS, BODY(wire_handle), NEEDS_HANDLE, on_status },
	{ WIRE_CANCEL, BODY(wire_cancel), 0, on_cancel },
	{ WIRE_GET_ATTRIB, BODY(wire_attrib), NEEDS_HANDLE, on_get_attrib },
	{ WIRE_SET_ATTRIB, BODY(wire_attrib), NEEDS_HANDLE, on_set_attrib },
	{ WIRE_VERSION, BODY(wire_version), 0, on_version },
	{ WIRE_GET_READERS_STATE, 0, NEEDS_ACCESS | NEEDS_READERS, on_states },
	{ WIRE_WAIT_READER_STATE_CHANGE, 0, NEEDS_ACCESS | NEEDS_READERS, on_wait },
	{ WIRE_STOP_WAITING, 0, NEEDS_ACCESS, on_stop },
	{ WIRE_GET_READER_EVENTS, 0, NEEDS_ACCESS | NEEDS_READERS, on_events },
	{ WIRE_GET_READERS_STATE_SIZE, 0, NEEDS_ACCESS | NEEDS_READERS, on_states_size },
	{ WIRE_GET_READERS_STATE_ARRAY, 0, NEEDS_ACCESS | NEEDS_READERS, on_states_array },
	{ WIRE_HOLD, BODY(wire_hold), NEEDS_HANDLE | NEEDS_WORKER, on_hold },
	{ WIRE_UNHOLD, BODY(wire_disposition), NEEDS_HANDLE | NEEDS_WORKER, on_unhold },
	{ WIRE_COUNT, BODY(wire_count), NEEDS_HANDLE | NEEDS_WORKER, on_count },
};
/* clang-format on */

const struct request *
request_find(uint32_t command)
{
	for (size_t i = 0; i < nitems(requests); i++) {
		if (requests[i].command == command)
			return &requests[i];
	}
	return NULL;
}
