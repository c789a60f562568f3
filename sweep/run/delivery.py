"""What an agent's outbox holds, on its way to the server, and what is said of it at the terminal and to the phone.

Input is an outbox and a link; output are deliveries, lines and notices.  A line that says the same again is not said; a
notice counts something and is over at zero.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from sweep.deliver.outbox import Outbox, OutboxError
from sweep.deliver.uplink import ServerChangedError, ServerUnreachableError, Uplink
from sweep.phrases import Phrase, Spoken, phrase_of
from sweep.report import NoticeEvent
from sweep.run.words import notice_event


class Delivery:
    """Sends what waits, and remembers what it has said."""

    def __init__(
        self,
        uplink: Uplink,
        outbox: Outbox,
        *,
        pin_file: Path,
        say: Callable[[Phrase | Spoken], None],
        tell: Callable[[NoticeEvent], None],
    ) -> None:
        """`say` prints a line for whoever watches, `tell` is heard by the phone."""
        self._uplink, self._outbox, self._pin_file = uplink, outbox, pin_file
        self._say, self._tell = say, tell
        self._standing: dict[str, NoticeEvent] = {}
        self._said: Phrase | None = None

    @property
    def notices(self) -> Collection[NoticeEvent]:
        """Those that hold."""
        return self._standing.values()

    def deliver(self) -> bool:
        """Send what waits in the outbox; False when it is to be tried again soon."""
        self._outbox.save()
        try:
            key = self._uplink.server_key(self._pin_file, self._outbox.log_root)
            result = self._outbox.deliver(self._uplink.send_entry, key, fetch_growth=self._uplink.fetch_growth)
        except ServerUnreachableError as error:
            self._say_once(Phrase("entries_wait", why=error))
            return False
        except ServerChangedError as error:
            self._say_once(Phrase("entries_wait", why=error))
            self._note("server_changed", 1)
            return False
        except OutboxError as error:
            self._say_once(phrase_of(error))
            return False
        finally:
            self.tell_of_outbox()
        self._note("server_changed", 0)
        self._note("log_went_back", int(result.went_back))
        self._note("entries_held", result.pending if result.trouble and not result.went_back else 0)
        if result.delivered or result.refused or result.damaged:
            self._said = None
            self._say(
                Phrase(
                    "entries_delivered_by_agent",
                    delivered=result.delivered,
                    refused=result.refused,
                    damaged=result.damaged,
                    waiting=result.pending,
                )
            )
        if result.trouble is not None:
            self._say_once(result.trouble)
        return result.trouble is None

    def tell_of_outbox(self) -> None:
        """What lies aside or only in memory, at the terminal and to the phone."""
        asides = self._outbox.asides()
        for why, code in (("damaged", "entries_damaged"), ("refused", "entries_refused")):
            self._note(code, sum(aside.why == why for aside in asides))
        self._note("numbers_damaged", len(self._outbox.damaged_heads))
        self._note("entries_unsaved", len(self._outbox.unsaved))

    def _note(self, code: str, count: int) -> None:
        """A notice that counts something: told when the count changes, over at zero."""
        before = self._standing.pop(code, None)
        if count:
            event = notice_event(code, count=count)
            self._standing[code] = event
            if event != before:
                self._say(Spoken(event.text.ko, event.text.en))
                self._tell(event)
        elif before is not None:
            self._tell(before.model_copy(update={"is_over": True}))

    def _say_once(self, phrase: Phrase) -> None:
        if phrase != self._said:
            self._said = phrase
            self._say(phrase)
