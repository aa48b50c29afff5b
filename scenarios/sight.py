"""What a server tells about itself, to monitoring and in alerts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from results.database import Database
from scenarios.programme import Folder


@dataclass
class Sight:
    """The store, and the programme folder as it was last found right. `poll`: seconds between two rounds."""

    database: Database
    folder: Folder
    poll: float
    started: dt.datetime
    serving: str
