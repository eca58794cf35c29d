// SPDX-License-Identifier: GPL-2.0
/*
 * The page state tree: look up, split, update.
 *
 * A slot's value is NULL (state 0), a state tagged by bit 0 (uniform), or the
 * address of a node. A node's uniform neighbours never change it: a fault only
 * refines the tree (a uniform slot becomes a node of the same states), and only
 * calls take nodes away: those that lie in their own range, and those of zeros
 * that lie in no edit. So a call walks its own range without RCU; whoever
 * splits looks up the slot again under tree->lock, so that no node is hung into
 * a subtree that a call has just taken away.
 */
#include "pstate.h"

#define WINVM_LEAF_BITS		11
#define WINVM_LEAF_PAGES	WINVM_PSTATE_LEAF_PAGES
#define WINVM_TABLE_BITS	9
#define WINVM_TABLE_SLOTS	512U

/* Slots of level 0 hold leaves; the root's slots are of the top level. */
#define WINVM_TOP_LEVEL		2

struct winvm_leaf {
	winvm_pstate_t state[WINVM_LEAF_PAGES];
};

struct winvm_table {
	void *slot[WINVM_TABLE_SLOTS];
};

/* Leaves and tables are a page alike. */
#define WINVM_NODE_WORDS	(sizeof(struct winvm_leaf) / sizeof(u64))

/**
 * struct winvm_spot - where the walk to a page ended
 * @holder: the slot that holds the table that @slot lies in; NULL for a root slot
 * @slot: the slot
 * @value: what it held
 * @level: its level
 */
struct winvm_spot {
	void **holder;
	void **slot;
	void *value;
	int level;
};

static void *winvm_uniform(winvm_pstate_t state)
{
	return state ? (void *)(((unsigned long)state << 1) | 1) : NULL;
}

static winvm_pstate_t winvm_uniform_state(const void *value)
{
	return (unsigned long)value >> 1;
}

static bool winvm_is_node(const void *value)
{
	return value && !((unsigned long)value & 1);
}

static unsigned int winvm_slot_bits(int level)
{
	return WINVM_LEAF_BITS + level * WINVM_TABLE_BITS;
}

static u64 winvm_slot_pages(int level)
{
	return 1ULL << winvm_slot_bits(level);
}

/* Pages from @vpn to the end of its slot. */
static u64 winvm_slot_rest(u64 vpn, int level)
{
	return winvm_slot_pages(level) - (vpn & (winvm_slot_pages(level) - 1));
}

static void *winvm_slot_read(void **slot)
{
	/* Pairs with the release in winvm_slot_write(): a node comes with its contents. */
	return smp_load_acquire(slot);
}

/* Under tree->lock. */
static void winvm_slot_write(void **slot, void *value)
{
	/* Pairs with the acquire in winvm_slot_read(). */
	smp_store_release(slot, value);
}

/* Walk down until there is no node, but not below @lowest_level. */
static struct winvm_spot winvm_spot_find(struct winvm_pstates *tree, u64 vpn, int lowest_level)
{
	struct winvm_spot spot = {
		.slot = &tree->root[vpn >> winvm_slot_bits(WINVM_TOP_LEVEL)],
		.level = WINVM_TOP_LEVEL,
	};

	spot.value = winvm_slot_read(spot.slot);
	while (spot.level > lowest_level && winvm_is_node(spot.value)) {
		struct winvm_table *table = spot.value;

		spot.level--;
		spot.holder = spot.slot;
		spot.slot = &table->slot[(vpn >> winvm_slot_bits(spot.level)) &
					 (WINVM_TABLE_SLOTS - 1)];
		spot.value = winvm_slot_read(spot.slot);
	}
	return spot;
}

static winvm_pstate_t *winvm_leaf_at(void *node, u64 vpn)
{
	struct winvm_leaf *leaf = node;

	return &leaf->state[vpn & (WINVM_LEAF_PAGES - 1)];
}

/* A node that says at the level below what a slot of @level says by @value. */
static void *winvm_node_make(int level, void *value)
{
	void *node = winvm_seam_alloc(sizeof(struct winvm_leaf));
	struct winvm_table *table = node;
	struct winvm_leaf *leaf = node;
	unsigned int i;

	if (!node)
		return NULL;
	for (i = 0; value && !level && i < WINVM_LEAF_PAGES; i++)
		leaf->state[i] = winvm_uniform_state(value);
	for (i = 0; value && level && i < WINVM_TABLE_SLOTS; i++)
		table->slot[i] = value;
	return node;
}

/* Adjust the count of nodes; takes tree->lock. */
static void winvm_nodes_sub(struct winvm_pstates *tree, u64 freed)
{
	spin_lock(&tree->lock);
	WRITE_ONCE(tree->nodes, tree->nodes - freed);
	spin_unlock(&tree->lock);
}

/*
 * Split the slot of @level over @vpn if it still holds the uniform @value.
 * Return: false when memory is short. Else look again: others split, too.
 */
static bool winvm_slot_split(struct winvm_pstates *tree, u64 vpn, int level, void *value)
{
	void *node = winvm_node_make(level, value);
	struct winvm_spot spot;
	bool same;

	if (!node)
		return false;
	spin_lock(&tree->lock);
	spot = winvm_spot_find(tree, vpn, level);
	same = spot.level == level && spot.value == value;
	if (same) {
		winvm_slot_write(spot.slot, node);
		WRITE_ONCE(tree->nodes, tree->nodes + 1);
	}
	spin_unlock(&tree->lock);
	if (!same)
		winvm_seam_free(node);
	return true;
}

/* Put @value into the slot unless it changed. Calls only: the slot's table lives. */
static bool winvm_slot_replace(struct winvm_pstates *tree, const struct winvm_spot *spot,
			       void *value)
{
	bool same;

	spin_lock(&tree->lock);
	same = READ_ONCE(*spot->slot) == spot->value;
	if (same)
		winvm_slot_write(spot->slot, value);
	spin_unlock(&tree->lock);
	return same;
}

/*
 * Free what hung in a slot of @level that is out of the tree.
 * Recursion ends at level 0. Return: number of nodes.
 */
static u64 winvm_subtree_free(void *value, int level, bool readers)
{
	struct winvm_table *table = value;
	u64 freed = 1;
	unsigned int i;

	if (!winvm_is_node(value))
		return 0;
	for (i = 0; level && i < WINVM_TABLE_SLOTS; i++)
		freed += winvm_subtree_free(table->slot[i], level - 1, readers);
	if (readers)
		winvm_seam_free_rcu(value);
	else
		winvm_seam_free(value);
	cond_resched();
	return freed;
}

static void winvm_subtree_retire(struct winvm_pstates *tree, void *value, int level)
{
	u64 freed = winvm_subtree_free(value, level, true);

	if (freed)
		winvm_nodes_sub(tree, freed);
}

void winvm_pstates_init(struct winvm_pstates *tree)
{
	*tree = (struct winvm_pstates){};
	spin_lock_init(&tree->lock);
}

void winvm_pstates_destroy(struct winvm_pstates *tree)
{
	unsigned int i;

	for (i = 0; i < WINVM_PSTATE_ROOT_SLOTS; i++) {
		winvm_subtree_free(tree->root[i], WINVM_TOP_LEVEL, false);
		tree->root[i] = NULL;
	}
	WRITE_ONCE(tree->nodes, 0);
}

winvm_pstate_t winvm_pstate_get(struct winvm_pstates *tree, u64 vpn)
{
	winvm_pstate_t state;
	struct winvm_spot spot;

	rcu_read_lock();
	spot = winvm_spot_find(tree, vpn, 0);
	if (winvm_is_node(spot.value))
		state = READ_ONCE(*winvm_leaf_at(spot.value, vpn));
	else
		state = winvm_uniform_state(spot.value);
	rcu_read_unlock();
	return state;
}

int winvm_pstate_cmpxchg(struct winvm_pstates *tree, u64 vpn,
			 winvm_pstate_t old, winvm_pstate_t new_state)
{
	if (!old)
		return -EINVAL;
	for (;;) {
		winvm_pstate_t seen;
		struct winvm_spot spot;
		bool node;

		rcu_read_lock();
		spot = winvm_spot_find(tree, vpn, 0);
		node = winvm_is_node(spot.value);
		if (node)
			seen = cmpxchg(winvm_leaf_at(spot.value, vpn), old, new_state);
		else
			seen = winvm_uniform_state(spot.value);
		rcu_read_unlock();
		if (seen != old)
			return -EAGAIN;
		if (node)
			return 0;
		if (!winvm_slot_split(tree, vpn, spot.level, spot.value))
			return -ENOMEM;
	}
}

/*
 * Is there a slot to be split before one begins at @vpn, or a leaf holds it? The
 * page may lie behind the caller's range, in a node that another call takes away.
 */
static bool winvm_pstates_uncut(struct winvm_pstates *tree, u64 vpn, struct winvm_spot *spot)
{
	rcu_read_lock();
	*spot = winvm_spot_find(tree, vpn, 0);
	rcu_read_unlock();
	return !winvm_is_node(spot->value) && vpn & (winvm_slot_pages(spot->level) - 1);
}

/* Split until there is none. */
static bool winvm_pstates_cut(struct winvm_pstates *tree, u64 vpn)
{
	struct winvm_spot spot;

	while (vpn & (winvm_slot_pages(WINVM_TOP_LEVEL) - 1) &&
	       winvm_pstates_uncut(tree, vpn, &spot))
		if (!winvm_slot_split(tree, vpn, spot.level, spot.value))
			return false;
	return true;
}

bool winvm_pstate_ready(struct winvm_pstates *tree, u64 vpn, u64 pages)
{
	const u64 top = winvm_slot_pages(WINVM_TOP_LEVEL) - 1;
	struct winvm_spot spot;

	if (vpn & top && winvm_pstates_uncut(tree, vpn, &spot))
		return false;
	/* Both edges in one leaf, most of the time: that is one look. */
	if (vpn & top && winvm_is_node(spot.value) && pages <= winvm_slot_rest(vpn, 0))
		return true;
	return !((vpn + pages) & top && winvm_pstates_uncut(tree, vpn + pages, &spot));
}

bool winvm_pstate_prepare(struct winvm_pstates *tree, u64 vpn, u64 pages)
{
	if (winvm_pstates_cut(tree, vpn) && winvm_pstates_cut(tree, vpn + pages))
		return true;
	winvm_pstate_tidy(tree, vpn, pages);
	return false;
}

void winvm_pstate_begin(struct winvm_pstates *tree, struct winvm_pstate_edit *edit,
			u64 vpn, u64 pages)
{
	edit->vpn = vpn;
	edit->last = vpn + pages - 1;
	edit->at = &tree->edits;
	spin_lock(&tree->lock);
	edit->next = tree->edits;
	if (edit->next)
		edit->next->at = &edit->next;
	tree->edits = edit;
	spin_unlock(&tree->lock);
}

void winvm_pstate_end(struct winvm_pstates *tree, struct winvm_pstate_edit *edit)
{
	spin_lock(&tree->lock);
	*edit->at = edit->next;
	if (edit->next)
		edit->next->at = edit->at;
	spin_unlock(&tree->lock);
}

/* Under tree->lock: is a page of the slot of @level over @vpn in an edit? */
static bool winvm_slot_edited(const struct winvm_pstates *tree, u64 vpn, int level)
{
	u64 first = ALIGN_DOWN(vpn, winvm_slot_pages(level));
	u64 last = first + winvm_slot_pages(level) - 1;
	const struct winvm_pstate_edit *edit;

	for (edit = tree->edits; edit; edit = edit->next)
		if (edit->vpn <= last && edit->last >= first)
			return true;
	return false;
}

static bool winvm_node_is_zero(const void *node)
{
	const u64 *word = node;
	unsigned int i;

	for (i = 0; i < WINVM_NODE_WORDS; i++)
		if (READ_ONCE(word[i]))
			return false;
	return true;
}

/*
 * Take out the lowest node over @vpn if it says nothing but 0. A state of 0 is
 * changed by calls only, within edits: so what is zero here stays zero.
 *
 * Return: NULL if it says more, is in an edit, or there is none.
 */
static void *winvm_pstates_pluck(struct winvm_pstates *tree, u64 vpn)
{
	struct winvm_spot spot;

	spin_lock(&tree->lock);
	spot = winvm_spot_find(tree, vpn, 0);
	if (!winvm_is_node(spot.value) && spot.holder) {
		spot.slot = spot.holder;
		spot.value = READ_ONCE(*spot.slot);
		spot.level++;
	}
	if (!winvm_is_node(spot.value) || winvm_slot_edited(tree, vpn, spot.level) ||
	    !winvm_node_is_zero(spot.value)) {
		spin_unlock(&tree->lock);
		return NULL;
	}
	winvm_slot_write(spot.slot, NULL);
	WRITE_ONCE(tree->nodes, tree->nodes - 1);
	spin_unlock(&tree->lock);
	return spot.value;
}

/* Give back the nodes over @vpn that say nothing but 0, from the leaf up. */
static void winvm_pstates_prune(struct winvm_pstates *tree, u64 vpn)
{
	void *node;

	while ((node = winvm_pstates_pluck(tree, vpn)))
		winvm_seam_free_rcu(node);
}

void winvm_pstate_tidy(struct winvm_pstates *tree, u64 vpn, u64 pages)
{
	while (pages) {
		struct winvm_spot spot;
		u64 done;

		rcu_read_lock();
		spot = winvm_spot_find(tree, vpn, 0);
		rcu_read_unlock();
		done = min(pages, winvm_slot_rest(vpn, spot.level));
		winvm_pstates_prune(tree, vpn);
		vpn += done;
		pages -= done;
		cond_resched();
	}
}

static void winvm_leaf_update(winvm_pstate_t *state, u64 pages,
			      winvm_pstate_t keep, winvm_pstate_t set)
{
	u64 i;

	for (i = 0; i < pages; i++) {
		winvm_pstate_t old = READ_ONCE(state[i]);

		for (;;) {
			winvm_pstate_t seen = cmpxchg(&state[i], old,
						      winvm_pstate_renewed(old, keep, set));

			if (seen == old)
				break;
			old = seen;
		}
	}
}

/* The highest level that has a slot that begins at @vpn and ends in the range; else 0. */
static int winvm_whole_level(u64 vpn, u64 pages)
{
	int level = WINVM_TOP_LEVEL;

	while (level && ((vpn & (winvm_slot_pages(level) - 1)) || pages < winvm_slot_pages(level)))
		level--;
	return level;
}

/* Return: pages done; 0 when a fault has split the slot: look again. */
static u64 winvm_pstate_update_slot(struct winvm_pstates *tree, u64 vpn, u64 pages,
				    winvm_pstate_t keep, winvm_pstate_t set)
{
	struct winvm_spot spot =
		winvm_spot_find(tree, vpn, keep ? 0 : winvm_whole_level(vpn, pages));
	u64 done = min(pages, winvm_slot_rest(vpn, spot.level));
	bool whole = done == winvm_slot_pages(spot.level);
	void *value;

	if (winvm_is_node(spot.value) && (keep || !whole)) {
		winvm_leaf_update(winvm_leaf_at(spot.value, vpn), done, keep, set);
		return done;
	}
	value = winvm_uniform(winvm_pstate_renewed(keep ? winvm_uniform_state(spot.value) : 0,
						   keep, set));
	if (value == spot.value || WARN_ON_ONCE(!whole))
		return done;
	if (!winvm_slot_replace(tree, &spot, value))
		return 0;
	winvm_subtree_retire(tree, spot.value, spot.level);
	return done;
}

/* An update that keeps the base but not all flags leaves the range prepared for another. */
static bool winvm_update_prunes(winvm_pstate_t keep, winvm_pstate_t set)
{
	return !set && (keep == WINVM_PSTATE_ALL || !(keep & WINVM_PSTATE_BASE));
}

void winvm_pstate_change(struct winvm_pstates *tree, u64 vpn, u64 pages,
			 winvm_pstate_t keep, winvm_pstate_t set)
{
	while (pages) {
		u64 done = winvm_pstate_update_slot(tree, vpn, pages, keep, set);

		vpn += done;
		pages -= done;
		cond_resched();
	}
}

void winvm_pstate_update(struct winvm_pstates *tree, u64 vpn, u64 pages,
			 winvm_pstate_t keep, winvm_pstate_t set)
{
	winvm_pstate_change(tree, vpn, pages, keep, set);
	if (winvm_update_prunes(keep, set))
		winvm_pstate_tidy(tree, vpn, pages);
}

/* Pages that one slot tells of, from some page on. */
struct winvm_piece {
	const winvm_pstate_t *states;	/* in a leaf; NULL when all are @state */
	winvm_pstate_t state;
	u64 pages;
};

static struct winvm_piece winvm_piece_at(struct winvm_pstates *tree, u64 vpn, u64 pages)
{
	struct winvm_spot spot = winvm_spot_find(tree, vpn, 0);
	bool node = winvm_is_node(spot.value);

	return (struct winvm_piece){
		.states = node ? winvm_leaf_at(spot.value, vpn) : NULL,
		.state = node ? 0 : winvm_uniform_state(spot.value),
		.pages = min(pages, winvm_slot_rest(vpn, spot.level)),
	};
}

/* What the scans look for: pages whose (state & mask) == value is @equal. */
struct winvm_quest {
	winvm_pstate_t mask;
	winvm_pstate_t value;
	bool equal;
};

static bool winvm_quest_met(const struct winvm_quest *quest, winvm_pstate_t state)
{
	return ((state & quest->mask) == quest->value) == quest->equal;
}

/* A state in each quarter of a word. */
#define WINVM_QUARTERS(state)	((state) * 0x0001000100010001ULL)

/* A quest for what differs is not met by any of the next four states: one look at a word. */
static bool winvm_quest_skips(const struct winvm_quest *quest, const winvm_pstate_t *state,
			      u64 pages)
{
	if (quest->equal || pages < 4 || (unsigned long)state % sizeof(u64))
		return false;
	return !((READ_ONCE(*(const u64 *)state) ^ WINVM_QUARTERS(quest->value)) &
		 WINVM_QUARTERS(quest->mask));
}

/* Return: pages of the piece before the first that meets the quest. */
static u64 winvm_piece_scan(const struct winvm_piece *piece, const struct winvm_quest *quest)
{
	u64 i;

	if (!piece->states)
		return winvm_quest_met(quest, piece->state) ? 0 : piece->pages;
	for (i = 0; i < piece->pages; i++) {
		if (winvm_quest_skips(quest, &piece->states[i], piece->pages - i))
			i += 3;
		else if (winvm_quest_met(quest, READ_ONCE(piece->states[i])))
			break;
	}
	return i;
}

/* Return: pages of the range before the first that meets the quest; all if none does. */
static u64 winvm_pstates_scan(struct winvm_pstates *tree, u64 vpn, u64 pages,
			      const struct winvm_quest *quest)
{
	u64 done = 0;

	while (done < pages) {
		struct winvm_piece piece;
		u64 before;

		rcu_read_lock();
		piece = winvm_piece_at(tree, vpn + done, pages - done);
		before = winvm_piece_scan(&piece, quest);
		rcu_read_unlock();
		done += before;
		if (before < piece.pages)
			break;
		cond_resched();
	}
	return done;
}

u64 winvm_pstate_look(struct winvm_pstates *tree, u64 vpn, u64 pages, winvm_pstate_t mask,
		      winvm_pstate_t *state)
{
	struct winvm_quest quest = { .mask = mask, .equal = false };
	struct winvm_piece piece;
	u64 alike;

	rcu_read_lock();
	piece = winvm_piece_at(tree, vpn, pages);
	*state = piece.states ? READ_ONCE(*piece.states) : piece.state;
	quest.value = *state & mask;
	if (piece.states) {
		/* The first is as it was, whatever becomes of it. */
		struct winvm_piece rest = { piece.states + 1, 0, piece.pages - 1 };

		alike = 1 + winvm_piece_scan(&rest, &quest);
	} else {
		alike = piece.pages;
	}
	rcu_read_unlock();
	if (alike == piece.pages && alike < pages)
		alike += winvm_pstates_scan(tree, vpn + alike, pages - alike, &quest);
	return alike;
}

u64 winvm_pstate_run(struct winvm_pstates *tree, u64 vpn, u64 pages, winvm_pstate_t mask)
{
	winvm_pstate_t state;

	return winvm_pstate_look(tree, vpn, pages, mask, &state);
}

u64 winvm_pstate_same(struct winvm_pstates *tree, u64 vpn, u64 pages,
		      winvm_pstate_t mask, winvm_pstate_t value)
{
	struct winvm_quest quest = { .mask = mask, .value = value, .equal = false };

	return winvm_pstates_scan(tree, vpn, pages, &quest);
}

u64 winvm_pstate_alike(struct winvm_pstates *tree, u64 vpn, u64 pages, winvm_pstate_t state)
{
	struct winvm_quest quest = {
		.mask = (winvm_pstate_t)~0,
		.value = state,
		.equal = false,
	};
	struct winvm_piece piece;
	u64 alike;

	rcu_read_lock();
	piece = winvm_piece_at(tree, vpn, pages);
	alike = winvm_piece_scan(&piece, &quest);
	rcu_read_unlock();
	return alike;
}

u64 winvm_pstate_next(struct winvm_pstates *tree, u64 vpn, u64 pages,
		      winvm_pstate_t mask, winvm_pstate_t value)
{
	struct winvm_quest quest = { .mask = mask, .value = value, .equal = true };
	u64 before = winvm_pstates_scan(tree, vpn, pages, &quest);

	return before < pages ? vpn + before : WINVM_PSTATE_NO_PAGE;
}

static void winvm_summary_add(struct winvm_pstate_summary *sum, winvm_pstate_t state, u64 pages)
{
	if (winvm_pstate_committed(state))
		sum->committed += pages;
	sum->any |= state;
	sum->all &= state;
}

struct winvm_pstate_summary winvm_pstate_summarize(struct winvm_pstates *tree, u64 vpn, u64 pages)
{
	struct winvm_pstate_summary sum = { .all = (winvm_pstate_t)~0 };
	const u64 asked = pages;

	while (pages) {
		struct winvm_piece piece;
		u64 i;

		rcu_read_lock();
		piece = winvm_piece_at(tree, vpn, pages);
		sum.one_leaf = piece.states && piece.pages == asked;
		if (!piece.states)
			winvm_summary_add(&sum, piece.state, piece.pages);
		for (i = 0; piece.states && i < piece.pages; i++)
			winvm_summary_add(&sum, READ_ONCE(piece.states[i]), 1);
		rcu_read_unlock();
		vpn += piece.pages;
		pages -= piece.pages;
		cond_resched();
	}
	return sum;
}
