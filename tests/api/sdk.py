"""Runs programs that use an SDK, and checks that the server keeps what they meant."""
import datetime
import json
import os
import pathlib
import subprocess
import sys

TESTS = pathlib.Path(__file__).resolve().parents[1]
PROGRAMS = TESTS / "api" / "programs"
# What the server or the clock decides. Times and scores are checked apart.
FREE = {"project_id", "project_name", "created_at", "created_by", "last_updated_at",
        "last_updated_by", "start_time", "end_time", "duration", "feedback_scores",
        "span_feedback_scores"}


def environment(home, url=None):
    """Nothing but the address. The other two only keep the SDK from reporting to its makers."""
    chosen = {"PATH": os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]]),
              "HOME": str(home), "OPIK_SENTRY_ENABLE": "false", "OPIK_ANALYTICS_ENABLE": "false"}
    return {**chosen, "OPIK_URL_OVERRIDE": url} if url else chosen


def start(command, home, url=None, cwd=None):
    home.mkdir(exist_ok=True)
    return subprocess.Popen([str(part) for part in command], cwd=cwd, text=True, encoding="utf-8",
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, env=environment(home, url))


def finish(process, seconds=90):
    """The program's output; it must have succeeded."""
    output, errors = process.communicate(timeout=seconds)
    assert process.returncode == 0, f"exit code {process.returncode}\n{output[-3000:]}\n{errors}"
    return output, errors


def start_python(program, *arguments, home, url=None):
    return start([sys.executable, "-X", "utf8", PROGRAMS / program, *arguments], home, url)


def report_of(process):
    """The report of a program as a dictionary; the SDK must have had nothing to complain about."""
    output, errors = finish(process)
    usual = ("OPIK: Started logging", "OPIK: Calling ", "OPIK: Configuration ")
    assert [line for line in errors.splitlines() if not line.startswith(usual)] == []
    return json.loads(output)


def run_python(program, *arguments, home, url=None):
    """Runs one of the programs in `programs`."""
    return report_of(start_python(program, *arguments, home=home, url=url))


def instant(text):
    return datetime.datetime.fromisoformat(text)


def is_as_meant(actual, meant, report):
    """Asserts that a record has exactly the fields that were meant, and times within the run."""
    if meant.get("tags"):
        meant, actual = ({**record, "tags": sorted(record["tags"])} for record in (meant, actual))
    free = FREE - set(meant)
    left = {key: value for key, value in actual.items() if key not in free}
    assert left.keys() == meant.keys()
    for key, value in meant.items():
        if key == "error_info":
            assert left[key].keys() == value.keys()
            assert value["traceback"] in left[key]["traceback"]
            left[key] = {**left[key], "traceback": value["traceback"]}
        if key == "end_time":
            left[key], value = instant(left[key]), instant(value)
        assert left[key] == value, f"{key} of {meant['id']}"
    began, ended = instant(report["began"]), instant(report["ended"])
    start, end = instant(actual["start_time"]), instant(actual["end_time"])
    assert began <= start <= ended
    assert start <= end and (end <= ended or "end_time" in meant)
    assert abs(actual["duration"] - (end - start).total_seconds() * 1000) < 0.0011
    return True


def is_stored(api, report):
    """Asserts that each trace and span of a report is there, over REST and as the SDK read it; and
    that the project holds nothing else."""
    project_id = api.project_id(report["project"])
    for kind in ("traces", "spans"):
        for item_id, meant in report[kind].items():
            record = api.read(kind, item_id)
            assert record["project_id"] == project_id
            assert is_as_meant(record, meant, report)
        for item_id, record in report["read"][kind].items():
            assert is_as_meant(record, report[kind][item_id], report)
        listed = api.ids(kind, project_name=report["project"], size=10_000)
        assert sorted(listed) == sorted(report[kind])
    return True
