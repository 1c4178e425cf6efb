import client


def test_comments_by_a_thread_id_that_looks_like_a_uuid(api, project):
    """Chat programs name their threads by UUIDs; comment routes took those for thread_model_ids
    and answered 404."""
    thread_id = client.uuid4()
    api.create("traces", client.trace(project, thread_id=thread_id))
    response = api.post(f"traces/threads/{thread_id}/comments", {"text": "t"})
    assert response.status_code == 201, response.text
    made = response.json()["id"]
    assert api.get(f"traces/threads/{thread_id}/comments/{made}").json()["text"] == "t"
