/* SPDX-License-Identifier: MIT */
/* In which form things are told: the options that all subcommands have. */
#ifndef TOOLS_OUTPUT_H
#define TOOLS_OUTPUT_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

#include "unit.h"

struct json_object;

enum output_form {
	OUTPUT_TEXT,
	OUTPUT_JSON,
	OUTPUT_CSV,
};

/**
 * struct output - what was chosen
 * @form: for people or for programs
 * @unit: of sizes, in text; programs get bytes
 */
struct output {
	enum output_form form;
	enum unit unit;
};

extern struct output output;

/* To be a child of each subcommand's parser. */
extern const struct argp_child output_options[];

/*
 * The JSON object that is printed at the end; what is put into it is its own. In other
 * forms these do nothing.
 */
void output_put(const char *key, struct json_object *value);
void output_put_number(const char *key, uint64_t number);

enum pair {
	PAIR_NUMBER,
	PAIR_SIZE, /* bytes; UINT64_MAX: no limit */
};

/* A thing with a name, and its number: a line, or a member of the object. */
void output_pair(const char *key, const char *title, uint64_t number, bool known, enum pair kind);

/* Prints what is to be printed yet. Gives the exit status: 1 if nobody could read it. */
int output_end(void);

#endif
