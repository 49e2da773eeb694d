"""deploy/ with its paths moved into a folder of the test, and the units read as systemd does."""

import shlex
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NGINX = "/usr/sbin/nginx"

# The text of /etc/nginx/nginx.conf that matters here.
MAIN = """
{user}
pid {folder}/nginx.pid;
error_log {folder}/log/nginx-start.log;
worker_processes 1;
events {{ worker_connections 256; }}
http {{
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    access_log {folder}/log/nginx-other.log;
    {sites}
}}
"""
# Without TLS; parkcms.conf adds it.
PLAIN_SERVER = """
    include {folder}/nginx/log.conf;
    include {folder}/nginx/upstream.conf;
    server {{
        listen 127.0.0.1:{port};
        server_name www.example.cn;
        include {folder}/nginx/site.conf;
    }}
"""


def places(folder):
    """Where each path of a real machine is in this test."""
    return {
        "/opt/parkcms/deploy/nginx": folder / "nginx",
        "/opt/parkcms/.venv": ROOT / ".venv",
        "/opt/parkcms": ROOT,
        "/var/lib/parkcms": folder / "var",
        "/run/parkcms": folder / "run",
        "/var/log/nginx": folder / "log",
        "/var/www/acme": folder / "acme",
        "/etc/ssl/parkcms": folder / "tls",
    }


def moved(text, folder):
    for real, here in places(folder).items():
        text = text.replace(real, str(here))
    return text


def nginx_files(folder, sites):
    """Writes nginx's files with their paths moved; the path of the main one."""
    for name in ("nginx", "log", "run"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for path in (ROOT / "deploy/nginx").iterdir():
        (folder / "nginx" / path.name).write_text(moved(path.read_text("utf-8"), folder))
    main = folder / "nginx.conf"
    user = "user root;" if Path(folder).stat().st_uid == 0 else ""
    main.write_text(MAIN.format(folder=folder, user=user, sites=sites))
    return main


def plain_nginx(folder, port):
    return nginx_files(folder, PLAIN_SERVER.format(folder=folder, port=port))


def nginx(main, *words):
    """Runs nginx on these files; it comes back when all ports are open. What it said."""
    done = subprocess.run(
        [NGINX, "-c", main, "-e", main.parent / "log/nginx-start.log", *words],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


# --- units --------------------------------------------------------------------------------------


def units(pattern="*"):
    """The unit files and, by their systemd names, what stands in them with their drop-in."""
    folder = ROOT / "deploy/systemd"
    found = {path.name: read(path) for path in sorted(folder.glob(pattern)) if path.is_file()}
    for name, unit in found.items():
        if name.endswith(".service"):
            for section, lines in read(folder / "parkcms-.service.d/common.conf").items():
                unit.setdefault(section, [])[:0] = lines
    return found


def read(path):
    """{section: [(name, value), …]} of a unit file; the same name may come again."""
    sections, current = {}, []
    for line in path.read_text("utf-8").splitlines():
        line = line.strip()
        if line.startswith("["):
            current = sections.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            name, _, value = line.partition("=")
            current.append((name, value))
    return sections


def values(unit, name, section="Service"):
    return [value for key, value in unit.get(section, []) if key == name]


def commands(unit):
    return [shlex.split(value) for value in values(unit, "ExecStart")]


def settings_of(path):
    """What systemd takes from an EnvironmentFile."""
    lines = path.read_text("utf-8").splitlines()
    words = [shlex.split(line, comments=True) for line in lines]
    return dict(word.split("=", 1) for line in words for word in line)
