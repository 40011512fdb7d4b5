"""What a student's code may take while it is judged: no prints, no warnings, one thread, and an end."""

import contextlib
import io
import os
import signal
import sys
import threading
import warnings
from _thread import interrupt_main

import torch

TIME_LIMIT = 2.5  # seconds of the processor that an answer may take on all inputs
PATIENCE = 10  # seconds by the clock, for one that sleeps; many more, since a busy machine is not its fault
HERE = os.path.dirname(__file__)  # what is called from here is the answer's code


class TimeUp(BaseException):
    """Not an Exception, so that a student's `except Exception` cannot keep a loop alive."""


@contextlib.contextmanager
def quietly():
    """No prints, no warnings, and one thread: on tensors this small, several would only wait for one another."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        torch.set_num_threads(threads)


@contextlib.contextmanager
def time_limit():
    """Raise TimeUp in this thread, again and again until the answer's code is left."""
    if threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer"):
        tracer = sys.gettrace()

        def again(frame, event, _):
            if event == "line":
                raise TimeUp

        def stop(_, frame):
            # A bare `except:` around the loop swallows TimeUp; a trace function raises it once more at the next line,
            # which is inside that handler, where no `try` of the same level can hold it.
            frames = []
            while not frame.f_code.co_filename.startswith(HERE):
                frames.append(frame)
                frame = frame.f_back
            if any(frame.f_code.co_filename.startswith("<frozen importlib") for frame in frames):
                return  # an import that is cut off leaves half a module behind
            for frame in frames:
                frame.f_trace = again
            sys.settrace(again)
            raise TimeUp

        timers = (signal.ITIMER_PROF, TIME_LIMIT), (signal.ITIMER_REAL, PATIENCE)
        before = {number: signal.signal(number, stop) for number in (signal.SIGPROF, signal.SIGALRM)}
        for timer, seconds in timers:
            signal.setitimer(timer, seconds, 0.05)
        try:
            yield
        finally:
            for timer, _ in timers:
                signal.setitimer(timer, 0)
            for number, handler in before.items():
                signal.signal(number, handler)
            sys.settrace(tracer)
    else:  # Windows has no such timers: do what the notebook's stop button does
        timer = threading.Timer(PATIENCE, interrupt_main)
        timer.start()
        try:
            yield
        except KeyboardInterrupt:
            raise TimeUp from None
        finally:
            timer.cancel()
