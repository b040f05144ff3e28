/*
 * Is a response what a step expects? `expect` of an http step, with its variables expanded:
 *
 *     status      a number or a list of them; absent: 200 to 299
 *     header      {Name: "exact text" or {match: "regular expression"}}
 *     json        {path: value} (json_path.h): by example, objects may have more
 *     contains    a text within the body
 *     body_match  a regular expression (pattern.h) that matches within the body
 */
#pragma once

#include "http_response.h"
#include "json.h"

/* *met false: the first difference is added to why, in the person's language. Fails only when
 * `expect` itself is malformed. body: the response's body as JSON, or absent when it is none. */
int http_expectation_check(struct json expect, const struct http_response *response,
	struct json body, bool *met, struct text *why, struct err *err);
