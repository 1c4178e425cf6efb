"""What metrics answer (stats.md 4), computed from the rows that were sent: an evaluation of its own
that shares nothing with the program."""
import collections
import datetime
import math
from fractions import Fraction

from query_model import Row

HOUR, DAY = 3600 * 1000, 24 * 3600 * 1000
# name -> entity, kind of value, name of the series (None: one per name), value of an empty bucket
METRICS = {
    "TRACE_COUNT": ("traces", "count", "traces", 0),
    "DURATION": ("traces", "percentiles", "duration", None),
    "TRACE_AVERAGE_DURATION": ("traces", "average", "trace_average_duration", None),
    "TRACE_ERROR_RATE": ("traces", "errors", "trace_error_rate", 0),
    "FEEDBACK_SCORES": ("traces", "scores", None, None),
    "TOKEN_USAGE": ("traces", "usage", None, 0),
    "COST": ("traces", "cost", "cost", 0),
    "GUARDRAILS_FAILED_COUNT": ("traces", "nothing", "failed", 0),
    "SPAN_COUNT": ("spans", "count", "spans", 0),
    "SPAN_DURATION": ("spans", "percentiles", "span_duration", None),
    "SPAN_AVERAGE_DURATION": ("spans", "average", "span_average_duration", None),
    "SPAN_ERROR_RATE": ("spans", "errors", "span_error_rate", 0),
    "SPAN_FEEDBACK_SCORES": ("spans", "scores", None, None),
    "SPAN_TOKEN_USAGE": ("spans", "usage", None, 0),
    "SPAN_COST": ("spans", "cost", "span_cost", 0),
    "THREAD_COUNT": ("threads", "count", "threads", 0),
    "THREAD_DURATION": ("threads", "percentiles", "thread_duration", None),
    "THREAD_AVERAGE_DURATION": ("threads", "average", "thread_average_duration", None),
    "THREAD_FEEDBACK_SCORES": ("threads", "scores", None, None),
    "THREAD_COST": ("threads", "cost", "thread_cost", 0),
}
INTERVALS = ("HOURLY", "DAILY", "WEEKLY", "TOTAL")
PERCENTILES = (("p50", Fraction(50, 100)), ("p90", Fraction(90, 100)), ("p99", Fraction(99, 100)))


def ms_of_id(text):
    return int(text.replace("-", "")[:12], 16)


def ms(text):
    return int(datetime.datetime.fromisoformat(text).timestamp() * 1000)


def iso(moment):
    made = datetime.datetime.fromtimestamp(moment / 1000, datetime.timezone.utc)
    return made.strftime("%Y-%m-%dT%H:%M:%SZ")


def bucket_of(interval, moment):
    """Where the bucket starts; a datetime's own weekday finds Mondays."""
    if interval == "TOTAL":
        return None
    if interval == "HOURLY":
        return moment // HOUR * HOUR
    day = moment // DAY * DAY
    if interval == "DAILY":
        return day
    return day - datetime.datetime.fromtimestamp(day / 1000, datetime.timezone.utc).weekday() * DAY


def buckets(interval, start, end):
    """All that a series has, ascending."""
    step = {"HOURLY": HOUR, "DAILY": DAY, "WEEKLY": 7 * DAY}[interval]
    found, moment = [], bucket_of(interval, start)
    while moment < end // 1000 * 1000:
        found.append(moment)
        moment += step
    return found


def cut(number):
    return Fraction(math.trunc(number * 10**9), 10**9)


def percentile(values, q):
    values, place = sorted(values), q * (len(values) - 1)
    if not values:
        return Fraction(0)
    low = math.floor(place)
    high = min(low + 1, len(values) - 1)
    return cut(values[low] + (values[high] - values[low]) * (place - low))


def half_up(number):
    """To 9 decimals, halves away from 0."""
    rounded = Fraction(math.floor(abs(number) * 10**9 + Fraction(1, 2)), 10**9)
    return -rounded if number < 0 else rounded


class Entity:
    """A row that counts: its time, the spans that its sums are over, its scores
    (name -> values of the authors)."""

    def __init__(self, row, moment, spans, scores=None):
        self.row, self.ms, self.spans, self.scores = row, moment, spans, scores or {}

    def groups(self, breakdown):
        row, field = self.row, breakdown["field"]
        if field == "tags":
            return row.tags() or ["Unknown"]
        if field == "metadata":
            metadata = row.sent.get("metadata")
            value = metadata.get(breakdown["metadata_key"]) if isinstance(metadata, dict) else None
            return [value if isinstance(value, str) else ""]
        if field == "error_info":
            return ["Has Error" if row.has("error_info") else "No Error"]
        if field == "error_type":
            return [(row.text("error_type") or "Unknown Error") if row.has("error_info")
                    else "No Error"]
        return [row.text(field) or ("" if field == "name" else "Unknown")]


def measured(kind, entities, start, end):
    """{name of the series behind its metric's: value} of the entities of one bucket and group."""
    def spans():
        return [span for entity in entities for span in entity.spans
                if start <= ms_of_id(span.id) <= end]

    durations = [one for entity in entities if (one := entity.row.duration()) is not None]
    if kind == "count":
        return {"": len(entities)}
    if kind == "percentiles":
        return {name: percentile(durations, q) for name, q in PERCENTILES}
    if kind == "average":
        return {"": half_up(sum(durations) / len(durations)) if durations else None}
    if kind == "errors":
        failed = sum(entity.row.has("error_info") for entity in entities)
        return {"": half_up(Fraction(100 * failed, len(entities)))}
    if kind == "cost":
        return {"": sum((span.cost() for span in spans()), Fraction(0))} if spans() else {}
    if kind == "usage":
        sums = collections.Counter()
        for span in spans():
            sums.update({key: n for key, n in (span.sent.get("usage") or {}).items() if n > 0})
        return dict(sums)
    if kind == "scores":
        means = collections.defaultdict(list)
        for entity in entities:
            for name, values in entity.scores.items():
                means[name].append(Fraction(math.trunc(sum(values) / len(values) * 10**9), 10**9))
        return {name: sum(values) / len(values) or None for name, values in means.items()}
    return {}


def plain(metric, interval, entities, start, end):
    """{series name: [(time, value)]} without groups."""
    _, kind, series, empty = METRICS[metric]
    found = collections.defaultdict(dict)
    for bucket in {bucket_of(interval, entity.ms) for entity in entities}:
        inside = [one for one in entities if bucket_of(interval, one.ms) == bucket]
        for name, value in measured(kind, inside, start, end).items():
            found[name][bucket] = value
    if interval == "TOTAL":
        return {full_name(series, name): [(iso(start), values[None])]
                for name, values in found.items()}
    names = found or ([name for name, _ in PERCENTILES] if kind == "percentiles" else [""])
    axis = buckets(interval, start, end)
    return {full_name(series, name): [
        (iso(bucket), found[name].get(bucket, empty))
        for bucket in axis + sorted(set(found[name]) - set(axis))] for name in names}


def full_name(series, name):
    return name if series is None else f"{series}.{name}" if name else series


def grouped(metric, interval, entities, start, end, breakdown):
    """[(group, [(time, value)])] in order, the last one perhaps `__others__`."""
    kind = METRICS[metric][1]
    wanted = breakdown.get("sub_metric", "")
    wanted = wanted.lower() if kind == "percentiles" else wanted
    cells = collections.defaultdict(list)
    for entity in entities:
        for group in entity.groups(breakdown):
            cells[group, bucket_of(interval, entity.ms)].append(entity)
    groups = collections.defaultdict(list)
    for (group, bucket), inside in sorted(cells.items(), key=lambda cell: cell[0][1] or 0):
        values = measured(kind, inside, start, end)
        if wanted in values:
            groups[group].append((iso(start if bucket is None else bucket), values[wanted]))
    def rank(points):
        """Means have endless digits; they are ordered by what is told of them."""
        values = [value or 0 for _, value in points]
        return -sum(half_up(value) if kind == "scores" else value for value in values)

    order = sorted(groups.items(), key=lambda one: (rank(one[1]), one[0].encode()))
    if len(order) > 10:
        order[10:] = [("__others__", [point for _, points in order[10:] for point in points])]
    return order


def is_number(actual, wanted):
    if wanted is None or actual is None:
        return actual is wanted
    if isinstance(wanted, int):
        return actual == wanted and isinstance(actual, int)
    return abs(Fraction(str(actual)) - wanted) <= max(Fraction(1, 10**9), abs(wanted) / 10**13)


def is_series(actual, wanted):
    """Asserts that [{"time","value"}] are these points."""
    assert [point["time"] for point in actual] == [time for time, _ in wanted]
    for point, (time, value) in zip(actual, wanted):
        assert is_number(point["value"], value), (time, point["value"], value)
    return True


def entities_of(kind, rows, spans=()):
    """Rows of traces (with all spans) or of spans as entities."""
    below = collections.defaultdict(list)
    for span in spans:
        below[span.sent["trace_id"]].append(span)
    return [Entity(row, ms_of_id(row.id), below[row.id] if kind == "traces" else [row])
            for row in rows]


def rows_of(kind, sent):
    return [Row(kind, item) for item in sent]
