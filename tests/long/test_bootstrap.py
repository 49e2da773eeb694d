"""bin/serve before anything is installed: the environment is made once, whole, and by one.

Works on a copy of bin/ with two lock files that name no package and a program that only says
that it was reached, so that the steps themselves are what takes time.
"""

import os
import shutil
import signal
import socket
import subprocess
import time

import pytest
from faults import ROOT, environment, eventually, processes_of

pytestmark = pytest.mark.xdist_group("long")

SERVED = """
import os, pathlib, sys
print("served", sys.prefix == str(pathlib.Path(".venv").resolve()), os.environ.get("PARKCMS_VAR"))
"""


@pytest.fixture
def copy(tmp_path):
    """A tree with as much of the project as the first step needs."""
    root = tmp_path / "site"
    shutil.copytree(ROOT / "bin", root / "bin")
    (root / "parkcms").mkdir()
    for name in ("__init__", "steps", "listening"):
        shutil.copy(ROOT / f"parkcms/{name}.py", root / "parkcms")
    (root / "parkcms/serve.py").write_text(SERVED)
    for name in ("requirements.txt", "requirements-dev.txt"):
        (root / name).write_text("# nothing\n")
    return root


def serve(root, **more):
    return subprocess.run(
        [root / "bin/serve"],
        env=environment(**more),
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )


def start(root, **more):
    return subprocess.Popen(
        [root / "bin/serve"],
        env=environment(**more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def test_the_environment_is_made_once_and_again_when_the_lock_changes(copy):
    first = serve(copy)
    assert first.stdout.endswith("served True None\n"), first.stderr
    stamp = copy / ".venv/parkcms-requirements.sha256"
    made = stamp.stat().st_mtime_ns
    started = time.monotonic()
    assert serve(copy).stdout == "served True None\n"
    assert time.monotonic() - started < 1
    assert stamp.stat().st_mtime_ns == made
    (copy / "requirements.txt").write_text("# nothing else\n")
    assert serve(copy).returncode == 0
    assert stamp.stat().st_mtime_ns > made


def test_a_relative_data_folder_means_the_callers_folder(copy):
    assert serve(copy, PARKCMS_VAR="somewhere").stdout.endswith("served True /somewhere\n")


def test_two_starts_at_once_make_one_environment(copy):
    both = [start(copy), start(copy)]
    said = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert all(words.endswith("served True None\n") for words in said)
    assert any("等待另一次安装完成" in words for words in said)


@pytest.mark.parametrize("sign", ["pyvenv.cfg", "bin/pip"])
def test_an_environment_whose_making_was_killed_is_made_again(copy, sign):
    process = start(copy)
    assert eventually(lambda: (copy / ".venv" / sign).exists(), 60)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert (copy / ".venv/parkcms-unfinished").exists()
    again = serve(copy)
    assert again.stdout.endswith("served True None\n"), again.stderr
    assert not (copy / ".venv/parkcms-unfinished").exists()


def test_an_environment_whose_python_is_gone_is_made_again(copy):
    serve(copy)
    python = copy / ".venv/bin/python"
    python.unlink()
    python.symlink_to("/usr/bin/python-that-was-removed")
    assert serve(copy).stdout.endswith("served True None\n")


def test_a_package_that_is_not_what_the_lock_says_is_refused_in_plain_words(copy):
    (copy / "wheels").mkdir()
    name = "parkcms-no-such-package"
    (copy / "requirements.txt").write_text(f"{name}==1.0 --hash=sha256:{'0' * 64}\n")
    refused = serve(copy, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(copy / "wheels"))
    assert refused.returncode == 1
    assert refused.stderr.startswith("安装依赖失败：ERROR: ")
    assert "Traceback" not in refused.stderr + refused.stdout


def test_sigterm_while_installing_ends_the_installer_too(copy):
    process = start(copy)
    assert eventually(lambda: (copy / ".venv/pyvenv.cfg").exists(), 60)
    process.terminate()
    process.communicate(timeout=20)
    assert process.returncode != 0
    assert eventually(lambda: not processes_of(copy)), processes_of(copy)


def test_a_port_in_use_is_said_before_the_environment_is_made(copy):
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        port = door.getsockname()[1]
        refused = serve(copy, PORT=str(port))
    assert refused.returncode == 1
    assert refused.stderr == (
        f"端口 {port} 已被占用：请停掉占用它的程序，或换一个，如 PORT={port + 1} bin/serve。\n"
    )
    assert not (copy / ".venv").exists()


def test_a_python_without_venv_is_told_what_to_install(copy, tmp_path):
    # As on Debian without python3-venv: the module venv is there, ensurepip is not.
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as u\nfind = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'ensurepip' else find(name, *a)\n"
    )
    refused = serve(copy, PYTHONPATH=str(tmp_path))
    assert refused.returncode == 1
    assert refused.stderr == (
        "这个 Python 缺少 venv 模块：请运行 apt install python3-venv 后再试。\n"
        "This Python lacks the venv module: apt install python3-venv\n"
    )
    assert not (copy / ".venv").exists()


def test_a_machine_with_an_old_python_only_is_told_so(copy, tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "python3").write_text("#!/bin/sh\nexit 1\n")  # what sys.exit(version < 3.11) gives
    (tools / "python3").chmod(0o755)
    (tools / "dirname").symlink_to(shutil.which("dirname"))
    refused = serve(copy, PATH=str(tools))
    assert refused.returncode == 1
    assert refused.stderr.startswith("需要 Python 3.11 或更新的版本：")
    assert "Python 3.11 or newer is needed" in refused.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_a_full_disk_is_said_in_one_sentence(copy, tmp_path):
    place = tmp_path / "small"
    place.mkdir()
    script = (
        'mount -t tmpfs -o size=6m none "$2" 2>/dev/null || exit 77; '
        'cp -r "$1" "$2/site" && exec "$2/site/bin/serve"'
    )
    refused = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", copy, place],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if refused.returncode == 77:
        pytest.skip("this machine lets nobody mount")
    assert refused.returncode == 1
    assert refused.stderr.startswith("磁盘已满，")
    assert "Traceback" not in refused.stderr
