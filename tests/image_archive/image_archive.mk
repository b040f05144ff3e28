# Image archives that other programs wrote, and damaged ones, against our reader.

SUITES   += check-image-archives check-image-archive-mutations
PROGRAMS += $(BUILD)/asan/list_images

$(BUILD)/asan/list_images: tests/image_archive/list_images.c $(call rooms,asan,builder bundle base)
	$(say) LINK $@
	$(Q)$(CC_asan) $(BASE_FLAGS) $(CFLAGS_asan) $(addprefix -I,$(SEES_builder)) $^ $(call builder_libraries,asan) $(LDFLAGS_asan) -o $@

.PHONY: check-image-archives check-image-archive-mutations
check-image-archives: $(BUILD)/asan/list_images $(BUILD)/hardtack ## read image archives that skopeo made
	$(Q)LIST_IMAGES=$(abspath $<) HARDTACK=$(abspath $(BUILD)/hardtack) tests/image_archive_forms.sh

check-image-archive-mutations: $(BUILD)/asan/list_images ## read damaged image archives
	$(Q)LIST_IMAGES=$(abspath $<) tests/image_archive/mutations.py
