"""The code template: the server is v2, so the SDK must be v2 (langfuse<3), with v2's imports.
代码模板：服务端是 v2，SDK 也必须是 v2（langfuse<3），并使用 v2 的导入方式。
"""
import client_env

client_env.load()  # before langfuse is imported: it reads the environment · 必须在导入 langfuse 之前

from langfuse import Langfuse
from langfuse.decorators import langfuse_context, observe  # v2; `from langfuse import observe` is v3

langfuse = Langfuse()


@observe(as_type="generation")
def ask_model(question):
    # Call your own model here. · 在这里调用你的模型。
    answer = f"An answer to: {question}"
    langfuse_context.update_current_observation(model="none", input=question, output=answer)
    return answer


@observe()
def my_function(question):
    answer = ask_model(question)
    return answer, langfuse_context.get_current_trace_url()


if __name__ == "__main__":
    answer, url = my_function("Does tracing work?")
    langfuse_context.flush()  # traces are sent in the background: wait for them before the end
    print(answer)
    print(url)
