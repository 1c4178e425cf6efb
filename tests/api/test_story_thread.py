"""A story: an agent answers in conversations, a program and two people rate them, they are
discussed, searched by score, closed and exported."""
import json

import pytest

import client
import sdk
from turns import PATH, Thread, search

# Without authentication people differ by the queue that they rate in.
ANNA, BERT = "0190babc-62a0-71d2-832a-0000000000aa", "0190babc-62a0-71d2-832a-0000000000bb"
GOOD, BAD, SHORT = "order ü 1", "order ü 2", "hello"


@pytest.fixture(scope="module")
def story(api, server, tmp_path_factory):
    """(project, report) after the agent has run."""
    project = client.name("story")
    home = tmp_path_factory.mktemp("story") / "home"
    return project, sdk.run_python("agent.py", project, home=home, url=server.url + "/api")


def test_story(api, story, tmp_path, server):
    project, report = story
    threads = {one: Thread(api, project, one) for one in (GOOD, BAD, SHORT)}

    # The agent's turns are conversations.
    assert {one: 2 * len(turns) for one, turns in report["turns"].items()} == {
        GOOD: 6, BAD: 8, SHORT: 2}
    for thread_id, thread in threads.items():
        record, questions = thread.read(), report["questions"][thread_id]
        assert record["number_of_messages"] == 2 * len(questions)
        assert record["first_message"] == {"question": questions[0], "thread_id": thread_id}
        assert record["last_message"] == {"answer": report["answers"][questions[-1]]}
        assert record["status"] == "active"
        assert record["total_estimated_cost"] == pytest.approx(0.01 * len(questions))
        assert record["usage"]["original_usage.total_tokens"] == 15 * len(questions)
        turns = api.page("traces", project_name=project, filters=json.dumps(
            [{"field": "thread_id", "operator": "=", "value": thread_id}]))["content"]
        assert sorted(one["id"] for one in turns) == sorted(report["turns"][thread_id])
        assert all((one["span_count"], one["llm_span_count"]) == (3, 1) for one in turns)

    # The program has rated them; now two people do, one of them twice.
    threads[GOOD].score("helpfulness", 1, source="ui", source_queue_id=ANNA, reason="solved")
    threads[GOOD].score("helpfulness", 0.5, source="ui", source_queue_id=BERT)
    threads[BAD].score("helpfulness", 0.7, source="ui", source_queue_id=ANNA)
    threads[BAD].score("helpfulness", 0, source="ui", source_queue_id=ANNA, reason="not solved")
    threads[BAD].score("tone", 1, source="ui", source_queue_id=BERT, category_name="polite")
    helpful = {one: next(score for score in thread.read()["feedback_scores"]
                         if score["name"] == "helpfulness") for one, thread in threads.items()}
    assert {one: score["value"] for one, score in helpful.items()} == {
        GOOD: 0.8, BAD: 0.1, SHORT: 0.9}
    assert {key: entry["value"] for key, entry in helpful[GOOD]["value_by_author"].items()} == {
        "admin": 0.9, f"admin_{ANNA}": 1, f"admin_{BERT}": 0.5}
    assert helpful[GOOD]["reason"] == "3 turns, solved, <no reason>"

    # They talk about the bad one.
    first = threads[BAD].comment("Why was it not cancelled?")
    second = threads[BAD].comment("It had left.")
    assert api.patch(f"{PATH}/comments/{first}",
                     {"text": "Why was it not cancelled in time?"}).status_code == 204
    assert [one["id"] for one in threads[BAD].read()["comments"]] == [first, second]
    threads[BAD].update(tags_to_add=["review"])

    # Search by score, as an SDK's user and over REST.
    found = sdk.run_python("search.py", project, json.dumps([
        {"kind": "threads", "filter_string": "feedback_scores.helpfulness < 0.5"},
        {"kind": "threads", "filter_string": "feedback_scores.Helpfulness >= 0.8"},
        {"kind": "threads", "filter_string": "feedback_scores.tone is_empty"},
        {"kind": "threads", "filter_string": 'tags contains "review" AND number_of_messages > 6'},
    ]), home=tmp_path / "home", url=server.url + "/api")
    assert [sorted(one["id"] for one in records) for records in found] == [
        [BAD], [SHORT, GOOD], [SHORT, GOOD], [BAD]]
    assert [one["text"] for one in found[0][0]["comments"]] == [
        "Why was it not cancelled in time?", "It had left."]
    oql = "feedback_scores.helpfulness < 0.5 or feedback_scores.helpfulness = 0.9"
    assert {one["id"] for one in search(api, project_name=project, oql=oql)} == {BAD, SHORT}
    best = api.page(PATH, project_name=project, sorting=json.dumps(
        [{"field": "feedback_scores.helpfulness", "direction": "DESC"}]))["content"]
    assert [one["id"] for one in best] == [SHORT, GOOD, BAD]
    stats = {one["name"]: one["value"] for one in api.get(
        f"{PATH}/stats", params={"project_name": project}).json()["stats"]}
    assert stats["feedback_scores.helpfulness"] == pytest.approx(0.6)
    assert stats["thread_count"] == 3

    # Closed, all at once.
    body = {"project_name": project, "thread_ids": list(threads)}
    assert api.put(f"{PATH}/close", body).status_code == 204
    closed = [{"field": "status", "operator": "=", "value": "inactive"}]
    assert {one["id"] for one in search(api, project_name=project, filters=closed)} == set(threads)

    # Exported: page by page, what is written is what the list shows.
    lines, last = [], {}
    while True:
        page = search(api, project_name=project, limit=2, **last)
        lines += page
        if len(page) < 2:
            break
        last = {"last_retrieved_thread_model_id": page[-1]["id"]}
    listed = {one["id"]: one for one in api.page(PATH, project_name=project)["content"]}
    assert [one["id"] for one in lines] == [SHORT, BAD, GOOD], "newest first"
    assert {one["id"]: one for one in lines} == listed
    assert all(one["status"] == "inactive" and one["feedback_scores"] for one in lines)

    # A customer comes back: the conversation goes on with all that was said about it.
    threads[BAD].say(first=59)
    record = threads[BAD].read()
    assert (record["status"], record["number_of_messages"]) == ("active", 10)
    assert record["tags"] == ["review"] and len(record["comments"]) == 2
    assert len(record["feedback_scores"]) == 2
