"""What the SDK's searches find: python search.py PROJECT '[{"kind":"traces",…options…},…]'.

Prints for each search the found records, or the error, in the order of the requests.
"""
import json
import sys

import opik
from opik.rest_api.core.api_error import ApiError

client = opik.Opik(project_name=sys.argv[1])
SEARCHES = {"traces": client.search_traces, "spans": client.search_spans,
            "threads": client.search_threads}


def found(kind, **options):
    try:
        records = SEARCHES[kind](project_name=sys.argv[1], **options)
    except (ApiError, ValueError) as error:
        return {"error": str(error), "status": getattr(error, "status_code", None)}
    return [json.loads(record.model_dump_json(exclude_unset=True)) for record in records]


json.dump([found(**search) for search in json.loads(sys.argv[2])], sys.stdout)
client.end()
