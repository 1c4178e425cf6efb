"""The text of a 500 names the id under which the log has it."""
import re
import sqlite3

import requests

import client


def test_log_id(start_server):
    server = start_server()
    with sqlite3.connect(f"{server.data}/ocelli.db") as database:
        database.execute("DROP TABLE feedback_definition")
    database.close()
    url = server.url + "/v1/private/feedback-definitions"
    body = {"type": "numerical", "name": "n", "details": {"min": 0, "max": 1}}
    ids = set()
    for response in (requests.get(url, timeout=60), requests.get(url, timeout=60),
                     requests.post(url, json=body, timeout=60),
                     requests.delete(f"{url}/{client.uuid7()}", timeout=60)):
        assert response.status_code == 500
        message = response.json()["message"]
        match = re.fullmatch(r"There was an error processing your request\. It has been logged "
                             r"\(ID ([0-9a-f]{16})\)\.", message)
        assert match, message
        ids.add(match[1])
    assert len(ids) == 4
    server.stop()
    for log_id in ids:
        lines = [line for line in server.log if f"id={log_id}" in line]
        assert any(" request_failed " in line for line in lines), server.stderr
