# ruff: noqa - an app that must be refused
import azure.functions as func

app = func.FunctionApp()


@app.queue_trigger(arg_name="message", queue_name="q", connection="C")
def on_message(message: func.QueueMessage) -> None: ...
