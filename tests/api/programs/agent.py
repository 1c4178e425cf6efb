"""An agent that holds conversations: python agent.py PROJECT. Each question is one turn of a
thread, with a look-up and a model call; a judge of the program's own scores what it answered.
Prints the conversations' ids and turns as JSON."""
import json
import sys

import opik
from opik import opik_context

PROJECT = sys.argv[1]
ANSWERS = {"Where is my order?": "It left the warehouse today.",
           "When will it come?": "On Thursday.", "Thanks!": "You are welcome.",
           "Cancel it.": "I can't do that.", "Why not?": "It has left."}
CONVERSATIONS = {"order ü 1": ["Where is my order?", "When will it come?", "Thanks!"],
                 "order ü 2": ["Where is my order?", "Cancel it.", "Why not?", "Thanks!"],
                 "hello": ["Thanks!"]}
client = opik.Opik(project_name=PROJECT)
turns = {}


@opik.track(project_name=PROJECT, type="tool")
def look_up(question):
    return {"order": 7, "about": question}


@opik.track(project_name=PROJECT, type="llm")
def ask_model(question, found):
    opik_context.update_current_span(
        model="acme-1", provider="acme", total_cost=0.01,
        usage={"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15})
    return ANSWERS[question]


@opik.track(project_name=PROJECT, entrypoint=True)
def answer(question, thread_id):
    opik_context.update_current_trace(thread_id=thread_id)
    turns.setdefault(thread_id, []).append(opik_context.get_current_trace_data().id)
    return {"answer": ask_model(question, look_up(question))}


for thread_id, questions in CONVERSATIONS.items():
    for question in questions:
        answer(question, thread_id)
opik.flush_tracker()
client.log_threads_feedback_scores([
    {"id": thread_id, "name": "helpfulness", "category_name": "judge", "project_name": PROJECT,
     "value": 0.2 if "Cancel it." in questions else 0.9, "reason": f"{len(questions)} turns"}
    for thread_id, questions in CONVERSATIONS.items()])
client.flush()
json.dump({"turns": turns, "questions": CONVERSATIONS, "answers": ANSWERS}, sys.stdout)
client.end()
