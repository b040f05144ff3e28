/*
 * Where an image may be had: pure functions from rules to an ordered list of sources.
 *
 * A rule says REGISTRY=PLACE. PLACE is
 *
 *     HOST[:PORT]                  the same repository on another host (docker.m.daocloud.io)
 *     HOST/PREFIX                  the repository below a prefix (mirror.example/ghcr)
 *     HOST/…{repo}…[:…{tag}…]      a template: {repo} is the repository ("library/postgres"),
 *                                  {repo:short} the same without "library/", {registry} the
 *                                  origin's name, {tag} the tag, {os} and {arch} the platform.
 *                                  A template with {tag} is asked for tags only, not for digests
 *                                  of indexes: such a mirror holds one platform under a name.
 *
 * with http:// in front for plain HTTP (otherwise https, or http on loopback). A HOST has a dot or
 * a port in it, or is localhost. Order: --mirror, HARDTACK_MIRRORS, project file, user's config;
 * the origin comes last, always. A place that occurs twice is asked once.
 */
#pragma once

#include "err.h"
#include "image_reference.h"
#include "oci_image.h"
#include "option.h"

struct mirror_rule {
	const char *registry; /* "docker.io", normalised */
	const char *place;    /* as written */
	const char *from;     /* for people: "--mirror", "HARDTACK_MIRRORS", "hardtack.yaml:12" */
};

struct mirror_policy {
	struct mirror_rule *rules; /* in the order in which they are tried */
	size_t count, capacity;
};

struct image_source {
	const char *host; /* "docker.m.daocloud.io", "127.0.0.1:5000", "registry-1.docker.io" */
	const char *repository; /* there: "library/postgres", "ddn-k8s/ghcr.io/langfuse/langfuse" */
	const char *tag;        /* there; NULL: the reference has none */
	const char *name;       /* for people: the place as written, or the registry's name */
	bool origin;
	bool plain;       /* http:// */
	bool by_tag_only; /* a template with {tag} */
};

/* Adds a rule. registry and place are copied; `from` is borrowed and names the place of the rule in
 * errors. CODE_USAGE for what is no rule (a caller that reads it from a file makes that
 * CODE_INPUT). */
int mirror_policy_add_rule(struct mirror_policy *policy, struct arena *arena, const char *registry,
	const char *place, const char *from, struct err *err);

/* Adds "REGISTRY=PLACE". */
int mirror_policy_add(struct mirror_policy *policy, struct arena *arena, const char *text,
	const char *from, struct err *err);

/* Adds several, separated by spaces or commas: HARDTACK_MIRRORS. */
int mirror_policy_add_list(struct mirror_policy *policy, struct arena *arena, const char *text,
	const char *from, struct err *err);

/* The rules of `other` behind those that are there. */
void mirror_policy_append(
	struct mirror_policy *policy, struct arena *arena, const struct mirror_policy *other);

/* Is there a rule with http:// for this place's host? Fills *host (in the arena) for each call with
 * the next index from 0; false behind the last. */
bool mirror_policy_plain_host(
	const struct mirror_policy *policy, size_t *next, struct arena *arena, const char **host);

/* The sources of an image, the origin last. Never fails: rules were checked. Without a platform
 * (NULL) templates with {os} or {arch} are left out, and without a tag those with {tag} in the
 * repository. */
void mirror_policy_sources(const struct mirror_policy *policy,
	const struct image_reference *reference, const struct oci_platform *platform,
	struct arena *arena, struct image_source **out, size_t *count);

/* The same for a file's URL: rules of its host ("files.example.org=HOST/PREFIX") put
 * HOST/PREFIX in the place of the host; the URL itself comes last. */
void mirror_policy_urls(const struct mirror_policy *policy, const char *url, struct arena *arena,
	const char ***out, size_t *count);
