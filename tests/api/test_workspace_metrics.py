"""POST /workspaces/costs, /workspaces/metrics and their summaries (stats.md 6)."""
import random
from fractions import Fraction

import pytest

from client import Api, EPOCH, is_error, is_unreadable, name, span, trace, uuid4, uuid7
from metric_data import DAY, HOUR, MONDAY, iso_ms
from metric_model import buckets, is_number, is_series, iso
from server import Server

START, END = MONDAY - 2 * DAY + 3 * HOUR, MONDAY + DAY + 500
PATHS = ["costs", "costs/summaries", "metrics", "metrics/summaries"]


class Data:
    """Three projects in a server of their own, since answers are about all that there is."""

    def __init__(self, api):
        self.api, self.rng = api, random.Random(3)
        self.spans, self.scores = [], []  # (project index, id ms, start ms, value or name: value)
        self.names = [name() for _ in range(3)]
        for i, project in enumerate(self.names):
            api.post("projects", {"name": project})
            if i < 2:
                self.fill(i, project)
        self.ids = [api.project_id(project) for project in self.names]

    def times(self):
        """Of the id and of the start: mostly the same day, sometimes far apart."""
        borders = [START, START - 1, END, END + 1, MONDAY, MONDAY - 1]
        moment = self.rng.choice([*borders, self.rng.randrange(START - 4 * DAY, END + DAY)])
        return moment, moment + self.rng.choice([0, 0, 10, -10, DAY, -DAY, 9 * DAY])

    def fill(self, index, project):
        traces, spans, scores = [], [], []
        for _ in range(80):
            moment, start = self.times()
            traces.append(trace(project, id=uuid7(moment), start_time=iso_ms(start)))
            for one in self.rng.sample(["a", "b", "zero"], self.rng.randrange(4)):
                value = 0 if one == "zero" else self.rng.choice([0.25, 1, -3, 1 / 3])
                scores.append({"id": traces[-1]["id"], "project_name": project, "name": one,
                               "source": "sdk", "value": value})
                self.scores.append((index, moment, start, one, Fraction(int(value * 10**9),
                                                                        10**9)))
            moment, start = self.times()
            cost = self.rng.choice([None, 0, 0.5, 0.000000000001, 3])
            spans.append(span(project, traces[-1]["id"], id=uuid7(moment),
                              start_time=iso_ms(start), total_estimated_cost=cost))
            self.spans.append((index, moment, start, Fraction(str(cost or 0))))
        self.api.batch("traces", *traces)
        self.api.batch("spans", *spans)
        assert self.api.put("traces/feedback-scores", {"scores": scores}).status_code == 204

    def cost_rows(self, projects, first, last):
        return [(start, cost) for index, moment, start, cost in self.spans
                if index in projects and first <= moment <= last and first <= start <= last]

    def score_rows(self, projects, first, last, wanted):
        return [(start, value) for index, moment, start, one, value in self.scores
                if index in projects and one == wanted and first <= moment <= last
                and first <= start <= last]


@pytest.fixture(scope="module")
def own_api(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("workspace") / "data") as server:
        yield Api(server.url)


@pytest.fixture(scope="module")
def data(own_api):
    return Data(own_api)


def ask(data, path, start=START, end=END, **more):
    response = data.api.post(f"workspaces/{path}", {"interval_start": iso_ms(start),
                                                    "interval_end": iso_ms(end), **more})
    assert response.status_code == 200, response.text
    return response.json()


def daily(rows, start, end, of):
    days = {}
    for moment, value in rows:
        days.setdefault(moment // DAY * DAY, []).append(value)
    axis = buckets("DAILY", start, end)
    return [(iso(day), of(days[day]) if day in days else None)
            for day in axis + sorted(set(days) - set(axis))]


def mean(values):
    return sum(values, Fraction(0)) / len(values)


def costs(values):
    return sum(values, Fraction(0))


PERIODS = [(START, END), (MONDAY, MONDAY + DAY), (MONDAY - 30 * DAY, MONDAY + 30 * DAY),
           (MONDAY - 300 * DAY, MONDAY - 297 * DAY)]


@pytest.mark.parametrize("period", PERIODS)
def test_costs(data, period):
    results = ask(data, "costs", *period)["results"]
    assert len(results) == 1 and results[0].keys() == {"name", "data"}
    assert results[0]["name"] == "cost"
    assert is_series(results[0]["data"],
                     daily(data.cost_rows((0, 1), *period), *period, of=costs))


@pytest.mark.parametrize("score", ["a", "b", "zero", "no such"])
@pytest.mark.parametrize("period", PERIODS)
def test_metrics(data, period, score):
    results = ask(data, "metrics", *period, name=score)["results"]
    assert len(results) == 1 and results[0].keys() == {"name", "data"}
    assert results[0]["name"] == score
    assert is_series(results[0]["data"],
                     daily(data.score_rows((0, 1), *period, score), *period, of=mean))


def test_daily_per_project(data):
    unknown = uuid4()
    results = ask(data, "costs", project_ids=[*data.ids, unknown])["results"]
    assert {one["project_id"] for one in results} == {*data.ids, unknown}
    for one in results:
        index = data.ids.index(one["project_id"]) if one["project_id"] in data.ids else 9
        assert is_series(one["data"],
                         daily(data.cost_rows((index,), START, END), START, END, of=costs))
    results = ask(data, "metrics", project_ids=[data.ids[1]], name="a")["results"]
    assert [one["project_id"] for one in results] == [data.ids[1]]
    assert is_series(results[0]["data"],
                     daily(data.score_rows((1,), START, END, "a"), START, END, of=mean))


@pytest.mark.parametrize("projects", [None, [], [0], [1, 2], [2]])
@pytest.mark.parametrize("period", PERIODS)
def test_summaries(data, period, projects):
    start, end = period
    inside = (0, 1) if not projects else projects
    more = {} if projects is None else {"project_ids": [data.ids[i] for i in projects]}
    before = 2 * start - end, start - 1
    answer = ask(data, "costs/summaries", *period, **more)
    assert answer.keys() == {"name", "current", "previous"} and answer["name"] == "cost"
    assert is_number(answer["current"], costs(v for _, v in data.cost_rows(inside, *period)))
    assert is_number(answer["previous"], costs(v for _, v in data.cost_rows(inside, *before)))
    wanted = {}
    for score in ("a", "b", "zero"):
        now = [value for _, value in data.score_rows(inside, *period, score)]
        then = [value for _, value in data.score_rows(inside, *before, score)]
        if now:
            wanted[score] = mean(now), mean(then) if then else None
    results = ask(data, "metrics/summaries", *period, **more)["results"]
    assert sorted(one["name"] for one in results) == sorted(wanted)
    for one in results:
        assert one.keys() == {"name", "current", "previous"}
        assert is_number(one["current"], wanted[one["name"]][0])
        assert is_number(one["previous"], wanted[one["name"]][1])


def test_deleted_projects_do_not_count(own_api):
    project, moment = name(), MONDAY + 400 * DAY
    own_api.create("spans", span(project, id=uuid7(moment), start_time=iso_ms(moment),
                                 total_estimated_cost=2))
    body = {"interval_start": iso_ms(moment), "interval_end": iso_ms(moment + 1)}
    assert own_api.post("workspaces/costs/summaries", body).json()["current"] == 2
    own_api.delete(f"projects/{own_api.project_id(project)}")
    assert own_api.post("workspaces/costs/summaries", body).json()["current"] == 0


def test_rows_without_a_start_do_not_count(own_api):
    project, moment = name(), MONDAY + 500 * DAY
    own_api.create("spans", span(project, id=uuid7(moment), start_time=EPOCH,
                                 total_estimated_cost=2))
    body = {"interval_start": iso_ms(moment), "interval_end": iso_ms(moment + 1)}
    assert own_api.post("workspaces/costs/summaries", body).json() == {
        "name": "cost", "current": 0, "previous": 0}


def send(api, path, **more):
    body = {"interval_start": iso_ms(START), "interval_end": iso_ms(END), "name": "a", **more}
    return api.post(f"workspaces/{path}", body, bad=True)


@pytest.mark.parametrize("path", PATHS)
def test_errors(api, path):
    for end in (START, START - 1):
        assert is_error(send(api, path, interval_end=iso_ms(end)), 422,
                        "intervalStart must be before intervalEnd")
    assert is_error(send(api, path, interval_start=None, interval_end=None), 422,
                    "intervalStart must not be null", "intervalEnd must not be null")
    for more in ({"interval_start": "x"}, {"interval_end": {}}, {"project_ids": "x"},
                 {"project_ids": ["x"]}, {"project_ids": {}}):
        assert is_unreadable(send(api, path, **more))
    assert send(api, path).status_code == 200


def test_name_of_the_score(api):
    for given in (None, "", " "):
        assert is_error(send(api, "metrics", name=given), 422, "name must not be blank")
