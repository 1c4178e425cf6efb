"""The list of what is missing is kept exactly."""
import gaps


def test_gaps_are_those_of_the_file(api):
    found = gaps.find_gaps(gaps.contract(), api.document.content)
    listed = gaps.read_file()
    lost = gaps.grown(found, listed)
    assert not lost, "the program lost something that the contract has:\n" + "\n".join(lost)
    changed = sorted(set(listed) ^ set(found))
    assert not changed, ("the list has changed; run build/venv/bin/python tools/update_gaps.py and "
                         "commit tests/contract/gaps.txt:\n" + "\n".join(changed))


def test_file_is_sorted_without_duplicates():
    listed = gaps.read_file()
    assert listed == sorted(set(listed))
    assert gaps.FILE.read_text().startswith(gaps.HEADER)


def test_a_lost_operation_and_a_lost_field_are_found():
    wanted = gaps.contract()
    there = gaps.contract()
    assert gaps.find_gaps(wanted, there) == []
    del there["paths"]["/v1/private/traces/{id}"]["delete"]
    page = there["components"]["schemas"]["TracePage_Public"]["properties"]
    page["sortable_by"] = page.pop("sortableBy")
    del page["total"]
    assert gaps.find_gaps(wanted, there) == [
        "DELETE /v1/private/traces/{}",
        "GET /v1/private/traces differs: response field total"]


def test_an_empty_operation_is_listed_as_such():
    wanted = gaps.contract()
    there = gaps.contract()
    there["paths"]["/v1/private/prompts"]["get"] = {"x-empty": True, "responses": {}}
    assert gaps.find_gaps(wanted, there) == [
        "GET /v1/private/prompts empty: nothing is stored yet"]


def test_what_may_replace_a_line():
    missing, empty = "GET /x", "GET /x" + gaps.EMPTY
    partly, others = "GET /x differs: response field a", "GET /x differs: response field b"
    for before, found in [(missing, empty), (missing, partly), (empty, partly), (partly, partly),
                          (empty, empty)]:
        assert gaps.grown([found], [before]) == []
    for before, found in [(empty, missing), (partly, missing), (partly, empty), (partly, others)]:
        assert gaps.grown([found], [before]) == [found]
    assert gaps.grown([empty], []) == [empty] and gaps.grown([missing], []) == [missing]
    assert gaps.grown([], [missing, empty, partly]) == []
