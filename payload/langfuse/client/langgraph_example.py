"""A LangGraph graph traced by Langfuse v2. The model is a fake one: no network, no key.
用 Langfuse v2 记录一个 LangGraph 图的 trace。模型是假的，不需要网络，也不需要密钥。

Needs requirements-langgraph.txt: the callback of langfuse 2 imports modules that LangChain 1.0 removed.
"""
import os
import warnings

import client_env

client_env.load()
os.environ["LANGSMITH_TRACING"] = "false"  # LangChain's own tracing would look for its cloud
warnings.simplefilter("ignore", PendingDeprecationWarning)  # LangGraph about LangChain, at every import

from typing import TypedDict

from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langfuse.callback import CallbackHandler
from langgraph.graph import END, START, StateGraph

# Put your own chat model here. · 在这里换成你自己的模型。
model = FakeListChatModel(responses=["Hardtack, water and a map.", "Three things are enough."])


class State(TypedDict, total=False):
    question: str
    plan: str
    answer: str


def plan(state):
    return {"plan": model.invoke(f"Plan: {state['question']}").content}


def answer(state):
    return {"answer": model.invoke(f"Sum up: {state['plan']}").content}


def build():
    graph = StateGraph(State)
    graph.add_node("planner", plan)
    graph.add_node("writer", answer)
    graph.add_edge(START, "planner")
    graph.add_edge("planner", "writer")
    graph.add_edge("writer", END)
    return graph.compile()


if __name__ == "__main__":
    handler = CallbackHandler(trace_name="langgraph-example")
    result = build().invoke({"question": "What does a crew need?"}, config={"callbacks": [handler]})
    handler.flush()
    print(result["answer"])
    print(handler.get_trace_url())
