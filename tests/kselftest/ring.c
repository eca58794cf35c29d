// SPDX-License-Identifier: GPL-2.0
/* The ring buffer of the examples, against one that is copied byte by byte. */
#include "../../libwinvm/examples/ring.h"
#include "vm.h"

/* The next of a row of numbers that look random. */
static uint32_t roll(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

/* A byte of the endless row that goes through the ring. */
static uint8_t byte_at(SIZE_T position)
{
	return (uint8_t)(position * 167 + position / 251);
}

static bool put_some(struct ring *ring, SIZE_T bytes)
{
	static uint8_t data[8 * 4096 + 1];

	for (SIZE_T i = 0; i < bytes; i++)
		data[i] = byte_at(ring->written + i);
	return ring_put(ring, data, bytes);
}

static bool first_are_right(const struct ring *ring, SIZE_T bytes)
{
	const char *first = ring_first(ring);

	for (SIZE_T i = 0; i < bytes; i++)
		if ((uint8_t)first[i] != byte_at(ring->read + i))
			return false;
	return true;
}

TEST(PH_17_a_ring_has_no_seam)
{
	struct winvm_counters before = counters();
	uint32_t dice = 1;

	for (SIZE_T pages = 1; pages <= 8; pages++) {
		struct ring ring;

		ASSERT_TRUE(ring_create(&ring, pages * PAGE));
		for (int round = 0; round < 200; round++) {
			SIZE_T room = ring.bytes - ring_used(&ring), some;

			EXPECT_FALSE(put_some(&ring, room + 1));
			EXPECT_TRUE(put_some(&ring, roll(&dice) % (room + 1)));
			ASSERT_TRUE(first_are_right(&ring, ring_used(&ring)));
			some = roll(&dice) % (ring_used(&ring) + 1);
			ring_drop(&ring, some);
		}
		EXPECT_LT(ring.bytes, ring.written);
		ASSERT_TRUE(ring_destroy(&ring));
		EXPECT_EQ((DWORD)MEM_FREE, region_at(ring.base).State);
	}
	EXPECT_EQ(before.vads, counters().vads);
	EXPECT_EQ(before.virtual_bytes, counters().virtual_bytes);
	EXPECT_EQ(before.system_commit_bytes, counters().system_commit_bytes);
}

VM_TEST_MAIN
