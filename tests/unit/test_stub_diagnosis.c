/* Which service is to blame and why, on the scripted docker; what a report redacts. */
#include "diagnosis.h"

#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "file_io.h"
#include "support_report.h"

static struct manifest_service services[] = {
	{.name = "db", .active = true}, {.name = "web", .active = true}};
static const struct manifest manifest = {.name = "p", .services = services, .service_count = 2};

struct fixture {
	struct arena *arena;
	struct docker_cli docker;
	struct health health;
	struct secret_mask mask;
	struct diagnosis_context context;
};

/* A folder of its own with the fake, after one look at the containers. */
static void fixture_begin(struct fixture *f, const char *scenario)
{
	char here[4096];
	struct err err = ERR_INIT;
	*f = (struct fixture){.arena = arena_new()};
	CHECK(getcwd(here, sizeof(here)) != NULL);
	AUTO_FREE char *whole = xprintf("{\"running_before\":true,%s}", scenario);
	CHECK_OK(file_write_all("scenario.json", whole, strlen(whole), 0600, &err));
	CHECK(access("docker", X_OK) == 0 || symlink(TEST_DATA "/fakes/docker", "docker") == 0);
	AUTO_FREE char *path = xprintf("%s:/usr/bin:/bin", here);
	setenv("PATH", path, 1);
	unsetenv("DOCKER_HOST");
	CHECK(docker_cli_find(&f->docker, f->arena, NULL));
	health_init(&f->health, &f->docker, &manifest, "p", f->arena);
	CHECK_OK(health_look(&f->health, false, &err));
	secret_mask_init(&f->mask, f->arena);
	f->context = (struct diagnosis_context){.docker = &f->docker, .mask = &f->mask};
}

static void fixture_end(struct fixture *f)
{
	arena_free(f->arena);
}

#define SERVICE(name, rest) "{\"service\":\"" name "\"," rest "}"
#define FALLING "\"status\":\"restarting\",\"restarts\":5,\"exit\":1"

static struct diagnosis diagnose(struct fixture *f, size_t culprit)
{
	struct err err = ERR_INIT;
	struct diagnosis out = {0};
	CHECK_OK(diagnosis_of_stack(
		&f->context, &f->health, &f->health.services[culprit], f->arena, &out, &err));
	return out;
}

TEST(who_only_waits_gives_way_to_who_is_to_blame)
{
	struct fixture f;
	fixture_begin(&f, "\"containers\":[[" SERVICE("db", FALLING) "," SERVICE(
				  "web", FALLING) "]],"
						  "\"logs\":{\"db\":\"No space left on device\","
						  "\"web\":\"connect ECONNREFUSED 172.18.0.2:1\"}");
	struct diagnosis found = diagnose(&f, 1);
	CHECK_STR(found.service, "db");
	CHECK_STR(found.findings[0].rule, "disk-full");
	CHECK(!diagnosis_is_hopeless(&f.context, &f.health.services[1]));
	CHECK(diagnosis_is_hopeless(&f.context, &f.health.services[0]));
	fixture_end(&f);
}

TEST(who_has_a_cause_of_its_own_is_told)
{
	struct fixture f;
	fixture_begin(&f, "\"containers\":[[" SERVICE("db", FALLING) "," SERVICE(
				  "web", FALLING) "]],"
						  "\"logs\":{\"db\":\"No space left on device\","
						  "\"web\":\"exec format error\"}");
	struct diagnosis found = diagnose(&f, 1);
	CHECK_STR(found.service, "web");
	CHECK_STR(found.findings[0].rule, "wrong-architecture");
	fixture_end(&f);
}

TEST(an_unknown_cause_is_told_by_state_and_exit_code)
{
	static const struct {
		int code;
		const char *words;
	} codes[] = {{126, "could not be executed"}, {127, "not found"}, {128, "could not start"},
		{132, "illegal instruction"}, {134, "aborted"}, {137, "killed"},
		{139, "segmentation fault"}, {143, "SIGTERM"}, {0, "ends by itself"},
		{42, "exit code 42"}};
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		struct fixture f;
		AUTO_FREE char *scenario = xprintf(
			"\"containers\":[[" SERVICE(
				"web", "\"status\":\"restarting\",\"restarts\":3,\"exit\":%d") "]]",
			codes[i].code);
		fixture_begin(&f, scenario);
		struct diagnosis found = diagnose(&f, 1);
		CHECK_STR(found.findings[0].rule, "exit-code");
		CHECK_CONTAINS(found.findings[0].cause, codes[i].words);
		CHECK(!diagnosis_is_hopeless(&f.context, &f.health.services[1]));
		fixture_end(&f);
	}
}

TEST(memory_that_ran_out_stands_first)
{
	struct fixture f;
	fixture_begin(&f, "\"containers\":[[" SERVICE("web", FALLING ",\"oom\":true") "]],"
										      "\"logs\":"
										      "\"exec "
										      "format "
										      "error\"");
	struct diagnosis found = diagnose(&f, 1);
	CHECK_STR(found.findings[0].rule, "out-of-memory");
	CHECK_STR(found.findings[1].rule, "wrong-architecture");
	fixture_end(&f);
}

TEST(a_service_that_is_well_has_no_finding_until_it_answers_500)
{
	struct fixture f;
	fixture_begin(&f, "\"containers\":[[" SERVICE("web", "\"health\":\"healthy\"") "]],"
										       "\"logs\":\""
										       "Ready in "
										       "2s\"");
	CHECK_INT(diagnose(&f, 1).count, 0);
	f.context.http_status = 500;
	struct diagnosis found = diagnose(&f, 1);
	CHECK_INT(found.count, 1);
	CHECK_STR(found.findings[0].rule, "ready-but-500");
	fixture_end(&f);
}

TEST(the_containers_own_secrets_are_masked_everywhere)
{
	struct fixture f;
	fixture_begin(
		&f, "\"containers\":[[" SERVICE("web", FALLING
			    ",\"env\":[\"API_KEY=k3y-of-the-app\"]") "]],\"logs\":\"No such image: "
								     "k3y-of-the-app\\nlast "
								     "k3y-of-the-app\"");
	struct diagnosis found = diagnose(&f, 1);
	CHECK_STR(found.findings[0].rule, "image-missing");
	CHECK(!strstr(found.findings[0].cause, "k3y"));
	CHECK(!strstr(found.findings[0].evidence[0], "k3y"));
	CHECK_STR(found.excerpt.lines[1], "last ****");
	fixture_end(&f);
}

TEST(missing_stopped_and_unhealthy_have_remedies)
{
	struct fixture f;
	fixture_begin(
		&f, "\"containers\":[[" SERVICE("web",
			    "\"health\":\"unhealthy\",\"health_output\":\"a\\nno answer\"") "]]");
	CHECK_STR(diagnose(&f, 0).findings[0].rule, "no-container");
	struct diagnosis found = diagnose(&f, 1);
	CHECK_STR(found.findings[0].rule, "unhealthy");
	CHECK_STR(found.findings[0].evidence[0], "no answer");
	CHECK(found.findings[0].remedy[0]);
	fixture_end(&f);
}

TEST(what_a_stopped_service_logged_is_not_why_it_stands_still)
{
	struct fixture f;
	fixture_begin(&f, "\"containers\":[[" SERVICE("db",
				  "\"status\":\"exited\",\"exit\":0,\"restart\":\"always\"") "]],"
			  "\"logs\":{\"db\":\"FATAL:  password authentication failed for user\"}");
	struct diagnosis found = diagnose(&f, 0);
	CHECK_INT(f.health.services[0].state, HEALTH_STOPPED);
	CHECK_STR(found.findings[0].rule, "stopped");
	CHECK(!found.findings[0].warning);
	CHECK(found.count == 1 || found.findings[1].warning);
	fixture_end(&f);
}

TEST(an_error_gets_cause_and_remedy_and_keeps_its_code)
{
	struct err err = ERR_INIT;
	struct diagnosis found = {.service = "web",
		.state = "down",
		.findings = {{.rule = "disk-full", .cause = "the disk", .remedy = "make room"}},
		.count = 1};
	err_set(&err, CODE_CRASH_LOOP, "service %s: %s", "web", "down");
	err_hint(&err, "%s", "old");
	diagnosis_explain(&found, "web", &err);
	CHECK_STR(err.text, "service web: down; the disk");
	CHECK_STR(err.hint, "make room");
	CHECK_INT(err.code, CODE_CRASH_LOOP);
	found.service = "db";
	diagnosis_explain(&found, "web", &err);
	CHECK_STR(err.text, "service db: down; the disk");
}

TEST(words_of_compose_alone_are_known_too)
{
	struct fixture f;
	struct diagnosis found;
	fixture_begin(&f, "\"containers\":[]");
	f.context.compose_words = "Error: Bind for 0.0.0.0:80 failed: port is already allocated";
	diagnosis_of_words(&f.context, f.arena, &found);
	CHECK_INT(found.count, 1);
	CHECK_STR(found.findings[0].rule, "port-taken");
	fixture_end(&f);
}

/* ---- the report ---- */

static const char *redact(const char *yaml, struct secret_mask *found, struct arena *arena)
{
	AUTO_TEXT out = TEXT_INIT;
	support_report_redact_compose(yaml, found, &out);
	return arena_strndup(arena, out.bytes, out.length);
}

TEST(literal_secrets_of_a_compose_file_are_masked)
{
	AUTO(arena) arena = arena_new();
	struct secret_mask found;
	secret_mask_init(&found, arena);
	CHECK_STR(redact("  DB_PASSWORD: hunter2x\n", &found, arena), "  DB_PASSWORD: ****\n");
	CHECK_STR(redact("- DB_PASSWORD=hunter2x # c\n", NULL, arena), "- DB_PASSWORD=**** # c\n");
	CHECK_STR(redact("{A_KEY: \"x, y\", B: c}", NULL, arena), "{A_KEY: \"****\", B: c}");
	CHECK_STR(redact("\"A_KEY\": 'it''s'\n", NULL, arena), "\"A_KEY\": '****'\n");
	CHECK_STR(redact("A_KEY: ${A_KEY}\nB_KEY: \"${B_KEY:?no key}\"\n", NULL, arena),
		"A_KEY: ${A_KEY}\nB_KEY: \"${B_KEY:?no key}\"\n");
	CHECK_STR(redact("A_KEY: ${A_KEY:-fallback1}\n", NULL, arena), "A_KEY: ****\n");
	CHECK_STR(redact("  A_KEY: |\n    one\n    two\n  B: c\n", NULL, arena),
		"  A_KEY: ****\n  B: c\n");
	CHECK_STR(redact("secrets:\n  db: {file: ./x}\n", NULL, arena),
		"secrets:\n  db: {file: ./x}\n");
	CHECK_STR(secret_mask_text(&found, "log hunter2x", arena), "log ****");
}

TEST(env_files_keep_names_ports_and_addresses)
{
	AUTO_TEXT out = TEXT_INIT;
	support_report_redact_env("# hunter2\nPORT=3000\nCITY=Kashgar\nURL=http://h:1/x\n"
				  "DB=http://u:p@h/\nA_KEY=1234\nE=\nLONG='a\nb=c'\nBIG=99999\n",
		&out);
	CHECK_STR(out.bytes, "PORT=3000\nCITY=****\nURL=http://h:1/x\nDB=****\nA_KEY=****\nE=\n"
			     "LONG=****\nBIG=****\n");
	text_clear(&out);
	support_report_redact_env("A='open\nsecret=x\n", &out);
	CHECK(!strstr(out.bytes, "open") && !strstr(out.bytes, "secret"));
}
