/* Package URLs: of images, and of downloads whose address says what they are. */
#include "check.h"
#include "purl.h"

#define PIN "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define PIN_ENCODED "sha256%3A0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

TEST(an_image_has_digest_architecture_repository_and_tag)
{
	AUTO(arena) arena = arena_new();
	CHECK_STR(purl_of_image("docker.io/library/postgres:17", PIN, "arm64", arena),
		"pkg:oci/postgres@" PIN_ENCODED
		"?arch=arm64&repository_url=docker.io/library/postgres&tag=17");
	CHECK_STR(purl_of_image("localhost:5000/a:1", PIN, "amd64", arena),
		"pkg:oci/a@" PIN_ENCODED "?arch=amd64&repository_url=localhost:5000/a&tag=1");
	CHECK_STR(purl_of_image("ghcr.io/a/b@" PIN, PIN, "amd64", arena),
		"pkg:oci/b@" PIN_ENCODED "?arch=amd64&repository_url=ghcr.io/a/b");
	CHECK(!purl_of_image("No Reference", PIN, "amd64", arena));
}

TEST(a_wheel_says_its_name_and_version)
{
	AUTO(arena) arena = arena_new();
	CHECK_STR(purl_of_download("https://h/x/Foo_Bar.baz-1.2-py3-none-any.whl", arena),
		"pkg:pypi/foo-bar-baz@1.2");
	CHECK_STR(purl_of_download("https://h/x/a-1.0%2Blocal-py3-none-any.whl?q=/-/#f", arena),
		"pkg:pypi/a@1.0%2Blocal");
	CHECK(!purl_of_download("https://h/x/nothing.whl", arena));
	CHECK(!purl_of_download("https://h/x/-1.0-py3.whl", arena));
	CHECK(!purl_of_download("https://h", arena));
	CHECK(!purl_of_download("nothing", arena));
}

TEST(a_registrys_path_says_name_scope_and_version)
{
	AUTO(arena) arena = arena_new();
	CHECK_STR(purl_of_download("https://h/pack/-/pack-1.2.3-rc.1.tgz", arena),
		"pkg:npm/pack@1.2.3-rc.1");
	CHECK_STR(purl_of_download("https://h/@a/pack/-/pack-1.tgz", arena), "pkg:npm/%40a/pack@1");
	CHECK_STR(purl_of_download("https://h/m/@a%2fpack/-/pack-1.tgz", arena),
		"pkg:npm/%40a/pack@1");
	CHECK(!purl_of_download("https://h/pack/-/other-1.tgz", arena));
	CHECK(!purl_of_download("https://h/pack/-/pack-.tgz", arena));
	CHECK(!purl_of_download("https://h/pack/-/pack.tgz", arena));
	CHECK(!purl_of_download("https://h/-/x-1.tgz", arena));
	CHECK(!purl_of_download("https://h/pack-1.tgz", arena));
	CHECK(!purl_of_download("https:///-/-1.tgz", arena));
}
