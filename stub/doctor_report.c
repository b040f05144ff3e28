/* What the support report of `doctor` holds. */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "doctor.h"
#include "file_io.h"
#include "journal.h"
#include "json_writer.h"
#include "message.h"
#include "support_report.h"
#include "version.h"

enum { LOG_LINES = 1000 };

#define FOLDER "hardtack-report"

static const char readme[] =
	"This is a support report of `doctor`. Secrets were replaced by ****: values of the env "
	"files,\n"
	"passwords in addresses, and whatever the containers have under names that speak of "
	"secrets, in\n"
	"plain, percent-encoded and base64 form. Look through it before you pass it on.\n"
	"\n"
	"这是 `doctor` 生成的支持报告。机密内容已替换为 ****，包括 env 文件中的值、地址中的密码，\n"
	"以及容器中名称涉及机密的变量（明文、百分号编码和 base64 形式）。转交之前请自行浏览一遍。\n"
	"\n"
	"about.json       versions, system\n"
	"engine.json      Docker\n"
	"findings.json    what doctor found\n"
	"services.json    containers and their states\n"
	"compose/         compose files\n"
	"env/             env files: names, ports and addresses\n"
	"journal.jsonl, receipt.json    what was installed, and how that went\n"
	"logs/            the last lines of each container\n";

static void add_about(struct doctor *doctor, struct support_report *report)
{
	const struct manifest *manifest = doctor->session->manifest;
	struct utsname system;
	char now[JOURNAL_TIME_SIZE];
	AUTO_TEXT text = TEXT_INIT;
	struct json_writer w = json_writer_begin(&text, false);
	journal_time(now, sizeof(now));
	json_object(&w, NULL);
	json_number(&w, "schema", 1);
	json_string(&w, "at", now);
	json_string(&w, "hardtack", HARDTACK_VERSION);
	json_string(&w, "name", manifest->name);
	json_string(&w, "version", manifest->version);
	json_string(&w, "builder", manifest->builder);
	json_string(&w, "file", file_base_name(doctor->session->path));
	json_string(&w, "project", doctor->place.project);
	json_bool(&w, "installed", doctor->installed);
	if (uname(&system) == 0) { /* not the host's name */
		json_string(&w, "system", system.sysname);
		json_string(&w, "release", system.release);
		json_string(&w, "machine", system.machine);
	}
	json_end(&w);
	text_add(&text, "\n");
	support_report_add(report, "about.json", text.bytes);
}

static void add_engine(struct doctor *doctor, struct support_report *report)
{
	const struct docker_engine *engine = &doctor->preflight.engine;
	const struct docker_cli *docker = &doctor->preflight.docker;
	AUTO_TEXT text = TEXT_INIT;
	struct json_writer w = json_writer_begin(&text, false);
	json_object(&w, NULL);
	json_bool(&w, "ready", engine->state == DOCKER_READY);
	json_string(&w, "docker", docker->path);
	json_string(&w, "detail", engine->detail);
	json_string(&w, "endpoint", engine->endpoint);
	json_string(&w, "context", engine->context);
	if (engine->state == DOCKER_READY) {
		json_string(&w, "version", engine->version);
		json_string(&w, "os", engine->os);
		json_string(&w, "architecture", engine->architecture);
		json_string(&w, "product", engine->product);
		json_string(&w, "store", engine->containerd_store ? "containerd" : "classic");
		json_number(&w, "memory", engine->memory_bytes);
		json_number(&w, "cpus", engine->cpus);
		json_string(&w, "compose", docker->compose_version);
	}
	json_end(&w);
	text_add(&text, "\n");
	support_report_add(report, "engine.json", text.bytes);
}

static void add_findings(struct doctor *doctor, struct support_report *report)
{
	AUTO_TEXT text = TEXT_INIT;
	struct json_writer w = json_writer_begin(&text, false);
	json_array(&w, NULL);
	for (size_t i = 0; i < doctor->count; i++) {
		const struct diagnosis_finding *finding = &doctor->findings[i].finding;
		json_object(&w, NULL);
		json_string(&w, "rule", finding->rule);
		json_string(&w, "severity", finding->warning ? "warning" : "error");
		json_string(&w, "service", doctor->findings[i].service);
		json_string(&w, "cause", finding->cause);
		json_string(&w, "remedy", finding->remedy);
		json_array(&w, "evidence");
		for (size_t n = 0; n < DIAGNOSIS_EVIDENCE && finding->evidence[n]; n++)
			json_string(&w, NULL, finding->evidence[n]);
		json_end(&w);
		json_end(&w);
	}
	json_end(&w);
	text_add(&text, "\n");
	support_report_add(report, "findings.json", text.bytes);
}

static void add_log(struct doctor *doctor, struct support_report *report,
	const struct docker_container *container)
{
	struct arena *arena = doctor->session->arena;
	struct err ignored = ERR_INIT;
	struct log_lines lines;
	AUTO_TEXT out = TEXT_INIT;
	AUTO_TEXT errors = TEXT_INIT;
	AUTO_TEXT text = TEXT_INIT;
	if (docker_container_log_streams(&doctor->preflight.docker, container->id, LOG_LINES, &out,
		    &errors, &ignored) < 0)
		text_addf(&text, "(%s)\n", ignored.text);
	log_lines_read(&lines, out.bytes, out.length, errors.bytes, errors.length, "", arena);
	for (size_t i = 0; i < lines.count; i++)
		text_addf(&text, "%s\n", lines.items[i].text);
	support_report_add(report, arena_printf(arena, "logs/%s.log", container->name), text.bytes);
}

static void add_containers(struct doctor *doctor, struct support_report *report)
{
	struct docker_container *containers;
	size_t count;
	struct err ignored = ERR_INIT;
	AUTO_TEXT text = TEXT_INIT;
	struct json_writer w = json_writer_begin(&text, false);
	if (docker_project_containers(&doctor->preflight.docker, doctor->place.project, &containers,
		    &count, &ignored) < 0)
		return;
	json_array(&w, NULL);
	for (size_t i = 0; i < count; i++) {
		const struct docker_container *container = &containers[i];
		json_object(&w, NULL);
		json_string(&w, "name", container->name);
		json_string(&w, "service", container->service);
		json_string(&w, "status", container->status);
		json_string(&w, "health", container->health);
		json_string(&w, "health_output", container->health_output);
		json_string(&w, "error", container->error);
		json_string(&w, "image", container->image);
		json_string(&w, "started_at", container->started_at);
		json_signed(&w, "exit_code", container->exit_code);
		json_number(&w, "restarts", container->restart_count);
		json_bool(&w, "oom_killed", container->oom_killed);
		json_end(&w);
		for (size_t n = 0; n < container->environment_count; n++) {
			const char *pair = container->environment[n], *equals = strchr(pair, '=');
			if (equals)
				secret_mask_add_variable(&doctor->mask,
					arena_strndup(doctor->session->arena, pair,
						(size_t)(equals - pair)),
					equals + 1);
		}
	}
	json_end(&w);
	text_add(&text, "\n");
	support_report_add(report, "services.json", text.bytes);
	for (size_t i = 0; i < count; i++)
		add_log(doctor, report, &containers[i]);
}

static const char *in_place(struct doctor *doctor, const char *name)
{
	return arena_printf(doctor->session->arena, "%s/%s", doctor->place.directory, name);
}

static bool is_compose_file(const char *path)
{
	return text_ends_with(path, ".yaml") || text_ends_with(path, ".yml");
}

static void add_files(struct doctor *doctor, struct support_report *report)
{
	const struct manifest *manifest = doctor->session->manifest;
	struct arena *arena = doctor->session->arena;
	const size_t prefix = sizeof(MANIFEST_FILES_PREFIX) - 1;
	for (size_t i = 0; i < manifest->entry_count; i++) {
		const char *path = manifest->entries[i].path;
		if (text_starts_with(path, MANIFEST_FILES_PREFIX) && is_compose_file(path))
			support_report_add_compose(report, &doctor->mask,
				arena_printf(arena, "compose/%s", path + prefix),
				in_place(doctor, path + prefix));
	}
	support_report_add_env(report, "env/.env", doctor->place.env_file);
	for (size_t i = 0; i < manifest->template_count; i++)
		if (strcmp(manifest->templates[i].target, ".env") != 0)
			support_report_add_env(report,
				arena_printf(arena, "env/%s", manifest->templates[i].target),
				in_place(doctor, manifest->templates[i].target));
	support_report_add_file(report, "journal.jsonl", in_place(doctor, "journal.jsonl"));
	support_report_add_file(report, "receipt.json", in_place(doctor, "receipt.json"));
}

int doctor_write_report(struct doctor *doctor, const char *file, struct err *err)
{
	struct ui *ui = doctor->session->ui;
	struct support_report report;
	support_report_init(&report, &doctor->mask, doctor->session->arena);
	support_report_add(&report, "README.txt", readme);
	add_about(doctor, &report);
	add_engine(doctor, &report);
	add_findings(doctor, &report);
	if (doctor->installed)
		add_files(doctor, &report);
	if (doctor->preflight.engine.state == DOCKER_READY)
		add_containers(doctor, &report);
	if (support_report_write(&report, file, FOLDER, err) < 0)
		return -1;
	struct ui_field fields[] = {UI_TEXT("path", file), UI_NUMBER("entries", report.count)};
	UI_RECORD(ui, "report", fields, "%s", file);
	ui_note(ui, "%s",
		T("In it: versions, Docker, findings, states, compose files, names in env files, "
		  "journal, receipt, logs; secrets are masked. Look through it before you pass it "
		  "on."));
	return 0;
}
