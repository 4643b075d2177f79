# ruff: noqa - an app that must be refused
import azure.functions as func

app = func.FunctionApp()


@app.timer_trigger(arg_name="timer", schedule="%NO_SUCH_SETTING%")
def tick(timer: func.TimerRequest) -> None: ...
