"""Configuring: what env.template and the templates of handed-over files become. See run."""
import json
import os
import stat

from __main__ import installer_of, read, story  # pylint: disable=no-name-in-module

CLIENT = {
    "hardtack.yaml": "hardtack: 1\nname: client\ncompose: compose.yaml\nenv: env.template\nfiles: [client/]\n"
                     "handoff: {en: client/HANDOFF.en.md, zh: client/HANDOFF.zh.md}\n",
    "compose.yaml": "services:\n  web:\n    image: hardtack/hello:1.0.0\n    restart: always\n    ports: [\"127.0.0.1:${PORT}:8080\"]\n",
    "env.template": "PORT={{ask \"Port\" default 3000}}\nURL=http://localhost:${PORT}\n"
                    "API_KEY=pk-lf-{{secret hex 16}}\nADMIN_EMAIL=admin@example.com\nOWNER=<{{ask \"Owner\" default me}}>\n",
    "client/.env.template": "# for your code\nHOST=${URL}\nAPI_KEY=\"${API_KEY}\"\nMODE=plain\nQUOTED='$URL'\n"
                            "BOTH=${HOST}/${MODE}\n",
    "client/how-to.txt": "read me\n",
    "client/HANDOFF.en.md": "# The client\n\nOpen ${URL} with ${API_KEY}; cd ${HARDTACK_DIR}; ${HOME} and $1 and ${broken stay.\n"
                            "\n## Known issues\nlong\n",
    "client/HANDOFF.zh.md": "# 客户端\n\n打开 ${URL}；项目 ${HARDTACK_PROJECT}。\n",
}


def values(path):
    lines = read(path).splitlines()
    return {name: value.strip("'\"") for name, value in (line.split("=", 1) for line in lines if "=" in line)}


def installed(t, *names):
    return os.path.join(t.home, "hardtack/client", *names)


def the_client(t, **how):
    return t.person([], [("[Y/n]", b"\n"), ("Port [3000]: ", str(t.port).encode() + b"\n"), ("Owner [me]: ", b"\n")],
                    file=installer_of("client", CLIENT), **how)


@story
def a_handed_over_env_file_is_filled_in(t):
    done = the_client(t)
    main, client = values(installed(t, ".env")), values(installed(t, "client/.env"))
    t.check(done.code == 0, "installed", done)
    t.check(main["API_KEY"].startswith("pk-lf-") and len(main["API_KEY"]) == 38, "text around a secret", main)
    t.check(main["OWNER"] == "<me>" and main["URL"] == "http://localhost:${PORT}", "and around an answer", main)
    url = f"http://localhost:{t.port}"
    t.check(client == {"HOST": url, "API_KEY": main["API_KEY"], "MODE": "plain", "QUOTED": "$URL",
                       "BOTH": url + "/plain"}, "the answered port, the made key", client)
    t.check(stat.S_IMODE(os.stat(installed(t, "client/.env")).st_mode) == 0o600, "private")
    t.check(read(installed(t, "client/.env")).startswith("# for your code\n"), "comments stay")
    t.check(sorted(os.listdir(installed(t, "client"))) == [".env", "HANDOFF.en.md", "HANDOFF.zh.md", "how-to.txt"], "the template is not handed over")


@story
def a_filled_in_file_follows_env_and_keeps_the_rest(t):
    the_client(t)
    before = values(installed(t, "client/.env"))
    with open(installed(t, ".env"), encoding="utf-8") as file:
        text = file.read().replace("API_KEY=pk-lf-", "API_KEY=other-")
    with open(installed(t, ".env"), "w", encoding="utf-8") as file:
        file.write(text)
    with open(installed(t, "client/.env"), "a", encoding="utf-8") as file:
        file.write("OPENAI_API_KEY=mine # typed\n")
    done = t.run("install", "--yes", file=installer_of("client", CLIENT))
    after = values(installed(t, "client/.env"))
    t.check(done.code == 0 and "API_KEY now follows .env" in done.err, "said", done)
    t.check(after == {**before, "API_KEY": before["API_KEY"].replace("pk-lf-", "other-"),
                      "OPENAI_API_KEY": "mine # typed"}, "one value changed", after)
    t.check(before["API_KEY"] not in done.err and after["API_KEY"] not in done.err, "no secret shown", done)
    again = read(installed(t, "client/.env"))
    done = t.run("install", "--yes", file=installer_of("client", CLIENT))
    t.check(read(installed(t, "client/.env")) == again and "now follows" not in done.err, "then nothing more", done)


@story
def purging_takes_the_filled_in_file_too(t):
    the_client(t)
    done = t.run("uninstall", "--yes", "--purge-data", file=installer_of("client", CLIENT))
    t.check(done.code == 0 and not os.path.exists(installed(t)), "nothing with a key stays", os.listdir(t.home))


@story
def the_handoff_says_what_to_do_next(t):
    done = the_client(t)
    key = values(installed(t, ".env"))["API_KEY"]
    t.check(f"Open http://localhost:{t.port} with ****; cd {installed(t)}; ${{HOME}} and $1 and ${{broken stay." in done.out,
            "filled in, secrets hidden, the rest as written", done)
    t.check(key not in done.out and "Known issues" not in done.out, "no secret, not the long part", done)
    t.check(f"Read next: {installed(t)}/client/HANDOFF.en.md" in done.out and
            f"{installed(t)}/client/.env has the addresses and keys" in done.out, "files by name", done)
    t.check(f"{installed(t)}/hardtack-control and one of:" in done.out and "uninstall" in done.out, "what to type", done)
    done = t.run("install", "--yes", "--lang", "zh", file=installer_of("client", CLIENT))
    t.check("项目 client。" in done.err and "加上以下命令之一" in done.err and "登录信息和密钥" in done.err, "Chinese", done)
    done = t.run("install", "--yes", "--json", file=installer_of("client", CLIENT))
    handoff = [event for event in map(json.loads, done.out.splitlines()) if event["event"] == "handoff"]
    t.check(len(handoff) == 1 and handoff[0]["path"] == installed(t, "client/HANDOFF.en.md") and key not in done.out,
            "for programs", done)


@story
def credentials_are_for_eyes(t):
    file = installer_of("client", CLIENT)
    t.check(t.run("credentials", file=file).code == 2, "not installed: 2")
    the_client(t)
    key = values(installed(t, ".env"))["API_KEY"]
    done = t.run("credentials", file=file)
    t.check(done.code == 0 and done.out == f"web: http://127.0.0.1:{t.port}\nPORT: {t.port}\nAPI_KEY: ****\n"
            "ADMIN_EMAIL: admin@example.com\nOWNER: <me>\n", "masked", done)
    t.check("--show" in done.err and key not in done.err, "says how to see them", done)
    done = t.run("credentials", "--show", file=file)
    t.check(f"API_KEY: {key}\n" in done.out and "****" not in done.out, "--show", done)
    done = t.person(["credentials"], [], file=file)
    t.check(f"API_KEY: {key}" in done.out, "at a terminal", done)
    done = t.run("credentials", "--json", file=file)
    events = [json.loads(line) for line in done.out.splitlines()]
    found = [event for event in events if event.get("name") == "API_KEY"]
    t.check(found == [{"schema": 1, "event": "credential", "name": "API_KEY", "value": None, "masked": True}], "JSON", events)
    done = t.run("credentials", "--json", "--show", file=file)
    t.check(f'"value":"{key}"' in done.out, "JSON with --show", done)
    for name in os.listdir(installed(t)):
        if name.startswith(".hardtack") or name.endswith((".json", ".log")):
            t.check(key.encode() not in open(installed(t, name), "rb").read(), f"not in {name}")
    control = [*file[:-1], installed(t, "hardtack-control")]
    t.check(t.run("credentials", "--show", file=control).out == t.run("credentials", "--show", file=file).out, "by the control program")


@story
def help_and_handoff_name_the_ways_to_upgrade_to_move_and_to_delete(t):
    for language, words in (("en", ("the installer of a newer version", "To move", "--purge-data")),
                            ("zh", ("新版本的离线安装包", "迁移", "--purge-data"))):
        done = t.install("--lang", language)
        t.check(done.code == 0 and all(word in done.err for word in words), f"handoff, {language}", done)
    shown = t.run("--help").out
    rows = {line.split()[0]: line for line in shown.split("\n\n")[1].splitlines()[1:]}
    t.check("--purge-data" in rows["uninstall"] and "upgrade" in rows["install"] and "move" in rows["restore"], "the help", shown)
