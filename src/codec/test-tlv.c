/* SPDX-License-Identifier: BSD-2-Clause */
#include "codec/tlv.h"

#include "test.h"

TEST_MAIN("codec/tlv")
