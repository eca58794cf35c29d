// SPDX-License-Identifier: MIT
/* Filling lines. */
#include <stdio.h>
#include <string.h>

#include "flow.h"
#include "screen.h"

void flow_next(struct flow *flow, size_t columns)
{
	size_t width = screen_width();

	if (flow->at && width && flow->at + flow->gap + columns > width)
		flow_end(flow);
	if (flow->at) {
		printf("%*s", (int)flow->gap, "");
		flow->at += flow->gap;
	}
	flow->at += columns;
}

void flow_end(struct flow *flow)
{
	if (flow->at)
		putchar('\n');
	flow->at = 0;
}

void flow_text(const char *text)
{
	struct flow flow = { .gap = 1 };

	while (*text) {
		size_t bytes = strcspn(text, " ");

		flow_next(&flow, bytes);
		printf("%.*s", (int)bytes, text);
		text += bytes;
		text += strspn(text, " ");
	}
	flow_end(&flow);
}
