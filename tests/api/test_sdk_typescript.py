"""The unmodified npm package against the program. Without node these tests fail: see
tools/install_deps.sh."""
import json
import re

import pytest

import client
import sdk

FOLDER = sdk.TESTS / "typescript"


@pytest.fixture(scope="module")
def report(server, tmp_path_factory):
    """What the program meant and read, after one run."""
    process = sdk.start(["node", "program.mjs", client.name("ts")],
                        tmp_path_factory.mktemp("ts") / "home", server.url + "/api", cwd=FOLDER)
    output, errors = sdk.finish(process)
    logged, _, last = output.rstrip("\n").rpartition("\n")
    assert "WARN" not in logged and "ERROR" not in logged and errors == ""
    result = json.loads(last)
    return {**result, "models": result["read"], "read": {"traces": {}, "spans": {}}}


def snake(value):
    """A field name as on the wire."""
    return re.sub(r"[A-Z]", lambda letter: "_" + letter[0].lower(), value)


def test_stored_as_meant(api, report):
    assert [len(report["traces"]), len(report["spans"])] == [3, 6]
    assert sdk.is_stored(api, report)


def test_read_back_by_the_package(report):
    for kind in ("traces", "spans"):
        assert report["models"][kind].keys() == report[kind].keys()
        for item_id, model in report["models"][kind].items():
            record = {snake(key): value for key, value in model.items()}
            if "error_info" in record:
                record["error_info"] = {snake(key): value
                                        for key, value in record["error_info"].items()}
            assert sdk.is_as_meant(record, report[kind][item_id], report)
