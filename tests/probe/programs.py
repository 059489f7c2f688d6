"""The programs that scenario images run: what a training container may do with SIGTERM, one each."""

from __future__ import annotations

from typing import Final

_HEAD: Final = "#!/usr/bin/python3\nimport os, signal, sys, time\nprint('argv', sys.argv[1:], flush=True)\n"

SAVE: Final = "open('/opt/ml/model/weights', 'w').write('1')"

HANDLER: Final = f"""{_HEAD}
def stop(number, frame):
    print("stopping", flush=True)
    os.path.isdir("/opt/ml/model") and {SAVE}
    sys.exit(0)

for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, stop)
while True:
    time.sleep(1)
"""
HANDLER_SAVES_NOTHING: Final = HANDLER.replace(f'os.path.isdir("/opt/ml/model") and {SAVE}', "pass")
HANDLER_EXITS_143: Final = HANDLER.replace("sys.exit(0)", "sys.exit(143)")
HANDLER_RAISES: Final = HANDLER.replace("sys.exit(0)", "raise ValueError('no such directory')")
HANDLER_GOES_ON: Final = HANDLER.replace("sys.exit(0)", "return")
NO_HANDLER: Final = f"{_HEAD}while True:\n    time.sleep(1)\n"


def slow(seconds: float) -> str:
    """A handler that needs some time."""
    return HANDLER.replace('print("stopping", flush=True)', f"time.sleep({seconds})")


IGNORES: Final = f"{_HEAD}signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True:\n    time.sleep(1)\n"
BLOCKS: Final = f"""{_HEAD}
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
while True:
    time.sleep(1)
"""
SIGWAIT: Final = f"""{_HEAD}
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
signal.sigwait([signal.SIGTERM])
{SAVE}
"""
SIGTIMEDWAIT: Final = f"""{_HEAD}
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
while signal.sigtimedwait([signal.SIGTERM], 0.3) is None:
    pass
{SAVE}
"""
SIGNALFD: Final = f"""{_HEAD}
import ctypes
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
libc = ctypes.CDLL(None, use_errno=True)
mask = (ctypes.c_ulong * 16)(1 << (signal.SIGTERM - 1))
fd = libc.signalfd(-1, mask, 0)
assert fd >= 0
os.read(fd, 128)
{SAVE}
"""
SECOND_THREAD: Final = f"""{_HEAD}
import threading
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])

def wait():
    signal.sigwait([signal.SIGTERM])
    {SAVE}
    os._exit(0)

threading.Thread(target=wait).start()
while True:
    time.sleep(1)
"""
BUSY: Final = f"""{_HEAD}
def stop(number, frame):
    {SAVE}
    sys.exit(0)

signal.signal(signal.SIGTERM, stop)
end = time.monotonic() + 60
while time.monotonic() < end:
    pass
"""
#: As sagemaker-training starts the user's script: a shell in between, no handler, nothing forwarded.
TOOLKIT_PARENT: Final = f"""{_HEAD}
import asyncio

async def main():
    child = await asyncio.create_subprocess_shell("/usr/bin/python3 /train.py; exit $?")
    await child.wait()

asyncio.run(main())
"""
FORWARDING_PARENT: Final = f"""{_HEAD}
import subprocess
child = subprocess.Popen(["/train.py", *sys.argv[1:]])
signal.signal(signal.SIGTERM, lambda number, frame: child.send_signal(number))
sys.exit(child.wait())
"""
WORKERS: Final = f"""{_HEAD}
import multiprocessing

def work():
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    while True:
        time.sleep(1)

if __name__ == "__main__":
    workers = [multiprocessing.Process(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()

    def stop(number, frame):
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.join()
        {SAVE}
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    while True:
        time.sleep(1)
"""
#: The handlers are in the workers, the parent has none.
HEARING_WORKERS: Final = f"""{_HEAD}
import multiprocessing

def work():
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    while True:
        time.sleep(1)

if __name__ == "__main__":
    workers = [multiprocessing.Process(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
"""
DOUBLE_FORK: Final = f"""{_HEAD}
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    os.execv("/train.py", ["/train.py"])
os.wait()
while True:
    time.sleep(1)
"""
LOG_FLOOD: Final = f"""{_HEAD}
import threading

def stop(number, frame):
    {SAVE}
    os._exit(0)

signal.signal(signal.SIGTERM, stop)
line = b"x" * 1023 + b"\\n"
while True:
    os.write(1, line * 64)
"""
FORK_BOMB: Final = f"""{_HEAD}
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True:
    try:
        os.fork()
    except OSError:
        time.sleep(0.5)
"""
HUGE_MODEL: Final = f"""{_HEAD}
def stop(number, frame):
    with open("/opt/ml/model/a-huge.bin", "wb") as file:
        file.truncate(8 << 30)
    {SAVE}
    sys.exit(0)

signal.signal(signal.SIGTERM, stop)
while True:
    time.sleep(1)
"""
MEMORY_HOG: Final = f"{_HEAD}hoard = []\nwhile True:\n    hoard.append(bytearray(16 << 20))\n"
CRASH: Final = f"{_HEAD}import no_such_module\n"
FAILURE_FILE: Final = f"{_HEAD}open('/opt/ml/output/failure', 'w').write('why')\nsys.exit(3)\n"


def exits(code: int) -> str:
    """A program that is over before anybody can look."""
    return f"{_HEAD}sys.exit({code})\n"


def server(address: str = "0.0.0.0", status: int = 200, first: str = "") -> str:
    """An HTTP server on port 8080 that answers /ping."""
    return f"""{_HEAD}
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response({status} if self.path == "/ping" else 404)
        self.end_headers()

    def log_message(self, *_):
        pass

{first}
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
HTTPServer(({address!r}, 8080), Handler).serve_forever()
"""


NGINX: Final = """#!/bin/sh
exec nginx -c /nginx.conf
"""
NGINX_CONF: Final = """
daemon off;
error_log /dev/stderr;
pid /tmp/nginx.pid;
events {}
http {
  access_log off;
  client_body_temp_path /tmp/a; proxy_temp_path /tmp/b; fastcgi_temp_path /tmp/c;
  uwsgi_temp_path /tmp/d; scgi_temp_path /tmp/e;
  server { listen 8080; location /ping { return 200 ""; } }
}
"""

#: The header of an executable for arm64 (and for nothing where the tests run on arm64: see the scenario).
ARM64_ELF: Final = (
    b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\x00\xb7\x00\x01\x00\x00\x00" + bytes(40) + bytes(64)
)
X86_ELF: Final = ARM64_ELF.replace(b"\xb7\x00\x01", b"\x3e\x00\x01")
