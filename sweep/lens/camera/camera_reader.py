"""The thread that reads the camera while the detector works on what came before.

Job: frames and triggers in, whole triples out, in a queue of bounded length. Input: an opened camera and whoever gives
triggers; output: `LiveTriple`s. Refuses to wait for the detector: what finds no room is dropped and counted.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from sweep.lens.clip.bursts import RoundSieve
from sweep.lens.clip.frames import Camera, CameraError, LiveTriple, PhaseFrame, RawFrame, next_frame
from sweep.lens.clip.pairing import PhasePairer, TripleBuilder
from sweep.modality.lease import RoomNotEmptyError
from sweep.modality.liveness import boottime_ns
from sweep.modality.strobe import Trigger


class CameraReader(threading.Thread):
    """Reads the camera without ever waiting for the detector; what the detector has no time for is dropped."""

    def __init__(
        self,
        camera: Camera,
        triggers: Callable[[], Iterable[Trigger]],
        pairer: PhasePairer,
        builder: TripleBuilder,
        goes_on: Callable[[], bool],
        room: int,
        sieve: RoundSieve,
    ) -> None:
        super().__init__(name="shutter", daemon=True)
        self._sieve = sieve
        self._camera, self._triggers, self._pairer, self._builder = camera, triggers, pairer, builder
        self._goes_on = goes_on
        self._room = room
        self._triples: deque[LiveTriple] = deque()
        self._condition = threading.Condition()
        self._is_over = False
        self.stopped: str | None = None
        """Why it ended before it was asked to."""
        self.ended_ns: int | None = None
        """When it ended, by CLOCK_BOOTTIME."""
        self.fault: BaseException | None = None
        self.dropped: Counter[str] = Counter()

    def run(self) -> None:
        """Read until told to stop, until the permit ends or the camera fails."""
        try:
            while self._goes_on() and (frame := next_frame(self._camera, self._looks_up)) is not None:
                self._take(frame)
        except RoomNotEmptyError:
            self.stopped = "room_not_declared_empty"
        except CameraError as error:
            self.stopped = error.code
        except BaseException as fault:  # noqa: BLE001  # handed to the caller's thread, which raises it
            self.fault = fault
        finally:
            self.ended_ns = boottime_ns()
            self._camera.close()
            with self._condition:
                if self.stopped == "room_not_declared_empty":
                    self.dropped["triple_after_stop"] += len(self._triples)
                    self._triples.clear()
                self._is_over = True
                self._condition.notify_all()

    def _looks_up(self) -> bool:
        """While no frame comes: whoever gives triggers also says when it is over."""
        self._hear()
        return self._goes_on()

    def _take(self, frame: RawFrame) -> None:
        self._build(self._pairer.add_frame(frame))
        self._hear()

    def _hear(self) -> None:
        for trigger in self._triggers():
            self._build(self._pairer.add_trigger(trigger))

    def _build(self, frames: Iterable[PhaseFrame]) -> None:
        for one in frames:
            part = self._sieve.add(one)
            triple = None if part is None else self._builder.add(part)
            if triple is None:
                continue
            triple = replace(triple, beside=self._sieve.beside())
            with self._condition:
                if len(self._triples) >= self._room:
                    self.dropped["triple_dropped"] += 1
                    continue
                self._triples.append(triple)
                self._condition.notify_all()

    def triples(self) -> Iterator[LiveTriple]:
        """Triples as they come, until there are no more."""
        while True:
            with self._condition:
                while not self._triples and not self._is_over:
                    self._condition.wait()
                if not self._triples:
                    break
                triple = self._triples.popleft()
            yield triple
        if self.fault is not None:
            raise self.fault
