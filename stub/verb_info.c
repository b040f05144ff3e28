/* info: what is in this file; reads the manifest only, `verify` proves the bytes. */
#include "fallback.h"
#include "message.h"
#include "verbs.h"

static void show_images(struct session *session)
{
	const struct manifest *manifest = session->manifest;
	for (size_t i = 0; i < manifest->image_count; i++) {
		const struct manifest_image *image = &manifest->images[i];
		const char *platform = manifest_platform(image, session->arena);
		uint64_t size_bytes = image->config_size + image->manifest_size;
		AUTO_TEXT size = TEXT_INIT;
		for (size_t j = 0; j < image->layer_count; j++)
			size_bytes += image->layers[j].size_bytes;
		text_add_size(&size, size_bytes);
		struct ui_field fields[] = {UI_TEXT("reference", image->reference),
			UI_TEXT("tag", image->tag), UI_TEXT("pin", image->pin),
			UI_TEXT("config", image->config), UI_TEXT("platform", platform),
			UI_NUMBER("size", size_bytes)};
		UI_RECORD(session->ui, "image", fields, T("image     %s (%s, %s)\n          %s"),
			image->reference, platform, size.bytes, image->pin);
	}
}

static void show_services(struct session *session)
{
	const struct manifest *manifest = session->manifest;
	if (manifest->variant) {
		struct ui_field fields[] = {UI_TEXT("name", manifest->variant),
			UI_TEXT("version", manifest->version),
			UI_TEXT("title", manifest_text_pick(&manifest->title))};
		UI_RECORD(session->ui, "variant", fields, T("if that fails: %s (%s)"),
			fallback_title(manifest, session->arena), manifest->variant);
	}
	for (size_t i = 0; i < manifest->service_count; i++) {
		const struct manifest_service *service = &manifest->services[i];
		const char *reference = manifest->images[service->image].reference;
		struct ui_field fields[] = {UI_TEXT("name", service->name),
			UI_TEXT("image", reference), UI_BOOL("active", service->active),
			UI_BOOL("healthcheck", service->has_healthcheck)};
		UI_RECORD(session->ui, "service", fields, T("service   %s (%s)%s"), service->name,
			reference, service->active ? "" : T(", only with its profile"));
	}
}

int verb_info(struct session *session, struct err *err)
{
	if (session_read_bundle(session, err) < 0)
		return -1;
	const struct manifest *manifest = session->manifest;
	unsigned long long offset = bundle_offset(session->bundle);
	unsigned long long length = bundle_length(session->bundle);
	const char *title = manifest_text_pick(&manifest->title);
	if (!title[0])
		title = manifest->name;
	struct ui_field fields[] = {UI_TEXT("name", manifest->name),
		UI_TEXT("version", manifest->version), UI_TEXT("title", title),
		UI_TEXT("builder", manifest->builder), UI_TEXT("target", session->layout.target),
		UI_NUMBER("payload_offset", offset), UI_NUMBER("payload_length", length),
		UI_TEXT("signer", session->signer)};
	UI_RECORD(session->ui, "bundle", fields,
		T("name      %s%s%s\ntitle     %s\nfor       %s\nmade by   %s\nsigner    %s"),
		manifest->name,
		manifest->version ? " " : "", manifest->version ? manifest->version : "", title,
		session->layout.target, manifest->builder, session_signer_text(session));
	for (size_t i = 0; i < session->variant_count; i++) {
		session_use_variant(session, i);
		show_services(session);
	}
	show_images(session);
	AUTO_TEXT path = TEXT_INIT;
	text_add_shell_word(&path, session->path);
	struct ui_field by_hand[] = {UI_TEXT("path", session->path)};
	if (!ui_is_json(session->ui) && !manifest->installer)
		UI_RECORD(session->ui, "by_hand", by_hand,
			T("by hand   tail -c +%llu %s | head -c %llu | docker load"),
			offset + 1, path.bytes, length);
	return 0;
}
