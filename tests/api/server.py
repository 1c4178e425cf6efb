"""Runs the program under test: start, wait until it is ready, stop, look at what it logged."""
import os
import pathlib
import re
import signal
import subprocess
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
READY = re.compile(r"\bready\b.*\burl=(http://\S+)")
SANITIZER = re.compile(r"(Address|Leak|Thread|Memory|UndefinedBehavior)Sanitizer|runtime error:")
START_SECONDS = 30
STOP_SECONDS = 60


def binary(plain=False):
    """The program; `plain` is the one without sanitizers, for tests of speed or crashes."""
    usual = os.environ.get("OCELLI_TEST_BINARY", str(ROOT / "build" / "ocelli"))
    return os.environ.get("OCELLI_TEST_PLAIN_BINARY", usual) if plain else usual


def run(*arguments, timeout=STOP_SECONDS):
    """Runs the program to its end; for what does not serve (--help, wrong options)."""
    return subprocess.run([binary(), *map(str, arguments)], capture_output=True, text=True,
                          timeout=timeout, check=False)


class Server:
    """One process on a free port. `options` are those of `ocelli serve`."""

    def __init__(self, data, *options, plain=False, environment=None, program=None):
        self.program = program or binary(plain)
        self.data = pathlib.Path(data)
        self.options = [str(option) for option in options]
        self.environment = environment or {}
        self.process = None
        self.url = None
        self.log = []

    def __enter__(self):
        return self if self.process else self.start()

    def __exit__(self, *exception):
        if self.process:
            self.stop()

    @property
    def pid(self):
        return self.process.pid

    @property
    def port(self):
        return int(self.url.rsplit(":", 1)[1])

    @property
    def stderr(self):
        return "".join(self.log)

    def start(self):
        """Starts (again) and returns once the program is ready to serve."""
        command = [self.program, "serve", "--listen", "127.0.0.1:0",
                   "--data", str(self.data), *self.options]
        if "--idle-timeout" not in self.options:
            # A connection of the shared client may wait through all tests of other clients.
            command += ["--idle-timeout", "10m"]
        self.url, ready = None, threading.Event()
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        text=True, errors="replace",
                                        env={**os.environ, **self.environment})
        self.reader = threading.Thread(target=self._read_log, args=(self.process, ready),
                                       daemon=True)
        self.reader.start()
        if not ready.wait(START_SECONDS) or not self.url:
            self.kill()
            raise AssertionError(f"{' '.join(command)}: not ready\n{self.stderr}")
        return self

    def _read_log(self, process, ready):
        for line in process.stderr:
            self.log.append(line)
            match = READY.search(line)
            if match:
                self.url = match.group(1)
                ready.set()
        ready.set()

    def stop(self, signal_number=signal.SIGTERM):
        """A clean stop: exit code 0 and no sanitizer report."""
        process = self.process
        process.send_signal(signal_number)
        try:
            code = process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"did not stop\n{self.stderr}") from None
        self.process = None
        self.reader.join(STOP_SECONDS)
        process.stderr.close()
        assert not SANITIZER.search(self.stderr), self.stderr
        assert code == 0, f"exit code {code}\n{self.stderr}"

    def kill(self):
        """As a power cut would: SIGKILL."""
        process, self.process = self.process, None
        process.kill()
        process.wait(STOP_SECONDS)
        self.reader.join(STOP_SECONDS)
        process.stderr.close()

    def restart(self):
        self.stop()
        return self.start()
