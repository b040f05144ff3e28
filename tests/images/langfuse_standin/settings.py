"""The environment as Langfuse v2.95.12 reads it (docs/facts/langfuse.md): what it wants, and how it complains."""
import urllib.parse

LOG_LEVELS = ("trace", "debug", "info", "warn", "error", "fatal")
MASKED = "TypeError: Cannot set property message of [object Object] which has only a getter"
KEY_TEXT = ("ENCRYPTION_KEY must be 256 bits, 64 string characters in hex format, "
            "generate via: openssl rand -hex 32")


class SettingsError(Exception):
    """The server cannot prepare itself; it goes on listening and answers 500. Holds the lines it prints."""

    def __init__(self, *lines):
        super().__init__(lines[-1])
        self.lines = lines


def clean(environment):
    """Empty texts count as unset."""
    return {name: value for name, value in environment.items() if value}


def database_url(environment):
    """DATABASE_URL, or made of its parts as the entrypoint does; None when there is neither."""
    if "DATABASE_URL" in environment:
        return environment["DATABASE_URL"]
    try:
        host, user, password, name = (environment["DATABASE_" + part]
                                      for part in ("HOST", "USERNAME", "PASSWORD", "NAME"))
    except KeyError:
        return None
    return f"postgresql://{user}:{password}@{host}/{name}"


def _is_url(text):
    parts = urllib.parse.urlsplit(text)
    return bool(parts.scheme and parts.netloc)


def check(environment):
    """Raises SettingsError as web/src/env.mjs (readable) and packages/shared/src/env.ts (masked) do."""
    bad = {}
    for name in ("NEXTAUTH_SECRET", "NEXTAUTH_URL", "SALT"):
        if name not in environment:
            bad[name] = "Required"
    if "NEXTAUTH_URL" in environment and not _is_url(environment["NEXTAUTH_URL"]):
        bad["NEXTAUTH_URL"] = "Invalid url"
    if len(environment.get("ENCRYPTION_KEY", "0" * 64)) != 64:
        bad["ENCRYPTION_KEY"] = KEY_TEXT
    for name in ("TELEMETRY_ENABLED", "AUTH_DISABLE_SIGNUP"):
        if environment.get(name, "true") not in ("true", "false"):
            bad[name] = "Invalid enum value. Expected 'true' | 'false', received '%s'" % environment[name]
    if bad:
        listing = ", ".join(f"{name}: [ '{why}' ]" for name, why in sorted(bad.items()))
        raise SettingsError(f"❌ Invalid environment variables: {{ {listing} }}", "Failed to prepare server Error: "
                            "An error occurred while loading instrumentation hook: Invalid environment variables")
    if (environment.get("LANGFUSE_LOG_LEVEL", "info") not in LOG_LEVELS or
            environment.get("LANGFUSE_LOG_FORMAT", "text") not in ("text", "json")):
        raise SettingsError("Failed to prepare server " + MASKED)


def provisioning(environment):
    """What LANGFUSE_INIT_* ask for (web/src/initialize.ts), None when there is no organisation."""
    def given(name, default=None):
        return environment.get("LANGFUSE_INIT_" + name, default)
    if not given("ORG_ID"):
        return None
    user = None
    if given("USER_EMAIL") and given("USER_PASSWORD"):
        if len(given("USER_PASSWORD")) < 8:
            raise SettingsError("Failed to prepare server Error: An error occurred while loading instrumentation "
                                "hook: Password needs to be at least 8 characters long.")
        user = {"email": given("USER_EMAIL").lower(), "name": given("USER_NAME", "Provisioned User"),
                "password": given("USER_PASSWORD")}
    project = keys = None
    if given("PROJECT_ID"):
        project = {"id": given("PROJECT_ID"), "name": given("PROJECT_NAME", "Provisioned Project")}
        if given("PROJECT_PUBLIC_KEY") and given("PROJECT_SECRET_KEY"):
            keys = (given("PROJECT_PUBLIC_KEY"), given("PROJECT_SECRET_KEY"))
    return {"org": {"id": given("ORG_ID"), "name": given("ORG_NAME", "Provisioned Org")},
            "project": project, "keys": keys, "user": user}
