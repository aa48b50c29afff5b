"""The forms in which the exchange tells of calls and recordings: Twilio's, field by field. Pure.

Source: Twilio's OpenAPI of April 2026.
"""

from __future__ import annotations

import datetime as dt
from email.utils import format_datetime
from typing import Any

from scenarios.practice.call import SIP, Call, Status

ACCOUNT_SID = "AC" + "d0025e" * 5 + "d0"
ACCOUNT = f"/2010-04-01/Accounts/{ACCOUNT_SID}"
_PROCESSING = 0.3  # seconds after the end of a call until its recording is ready
_SUBRESOURCES = {
    "events": "Events",
    "notifications": "Notifications",
    "payments": "Payments",
    "recordings": "Recordings",
    "siprec": "Siprec",
    "streams": "Streams",
    "transcriptions": "Transcriptions",
    "user_defined_message_subscriptions": "UserDefinedMessageSubscriptions",
    "user_defined_messages": "UserDefinedMessages",
}
_CALL_STATE: dict[Status, str] = {
    "queued": "undialed",
    "ringing": "ringing",
    "in-progress": "answered",
    "completed": "completed",
    "busy": "busy",
    "failed": "fail",
    "no-answer": "noanswer",
    "canceled": "canceled",
}


def call_form(call: Call) -> dict[str, Any]:
    address = f"{ACCOUNT}/Calls/{call.sid}"
    return {
        "sid": call.sid,
        "account_sid": ACCOUNT_SID,
        "to": call.to,
        "to_formatted": call.to,
        "from": call.caller,
        "from_formatted": call.caller,
        "status": call.status,
        "direction": call.direction,
        "date_created": _rfc2822(call.placed_at),
        "date_updated": _rfc2822(call.at(call.updated)),
        "start_time": None if call.status == "queued" else _rfc2822(call.placed_at),
        "end_time": _rfc2822(call.at(call.ended)),
        "duration": None if call.ended is None else str(talked(call)),
        "answered_by": None,
        "api_version": "2010-04-01",
        "parent_call_sid": None,
        "phone_number_sid": None,
        "price": None,
        "price_unit": "USD",
        "forwarded_from": None,
        "group_sid": None,
        "caller_name": None,
        "queue_time": str(round(call.queued * 1000)),
        "trunk_sid": None,
        "uri": f"{address}.json",
        "annotation": None,
        "subresource_uris": {key: f"{address}/{name}.json" for key, name in _SUBRESOURCES.items()},
    }


def recording_form(call: Call) -> dict[str, Any]:
    return {
        "sid": call.recording_sid,
        "account_sid": ACCOUNT_SID,
        "call_sid": call.sid,
        "conference_sid": None,
        "api_version": "2010-04-01",
        "channels": 2,
        "date_created": _rfc2822(call.at(call.answered)),
        "date_updated": _rfc2822(call.at(call.updated)),
        "start_time": _rfc2822(call.at(call.answered)),
        "duration": str(talked(call)),
        "status": _recording_status(call),
        "source": "OutboundAPI",
        "error_code": None,
        "price": None,
        "price_unit": "USD",
        "encryption_details": None,
        "uri": f"{ACCOUNT}/Recordings/{call.recording_sid}.json",
    }


def _recording_status(call: Call) -> str:
    if call.ended is None:
        return "in-progress"
    return "completed" if call.elapsed() >= call.ended + _PROCESSING else "processing"


def summary_form(call: Call) -> dict[str, Any]:
    """A Call Summary of the kind "carrier"; partial until the call is over."""
    over = call.ended is not None
    ends = {"caller": call.caller, "callee": call.to, "carrier": "Practice", "connection": "landline"}
    return {
        "call_sid": call.sid,
        "account_sid": ACCOUNT_SID,
        "call_type": "carrier",
        "call_state": _CALL_STATE[call.status],
        "processing_state": "complete" if over else "partial",
        "created_time": _iso(call.placed_at),
        "start_time": _iso(call.placed_at),
        "end_time": _iso(call.at(call.ended)),
        "duration": round(call.ended) if call.ended is not None else None,
        "connect_duration": talked(call) if over else None,
        "answered_by": None,
        "from": ends | {"number_prefix": "44", "country_code": "GB"},
        "to": ends | {"number_prefix": "44", "country_code": "GB"},
        "carrier_edge": {
            "metrics": {},
            "properties": {"direction": "outbound"},
            "summary": {},
            "events": {},
            "tags": [],
        },
        "client_edge": None,
        "sdk_edge": None,
        "sip_edge": None,
        "tags": [],
        "attributes": {"conference_participant": False},
        "properties": {
            "direction": "outbound_api",
            "disconnected_by": "callee" if call.ended_by == "them" else "caller",
            "last_sip_response_num": SIP.get(call.status, 180 if call.rang is not None else 100),
            "pdd_ms": None if call.rang is None else round(call.rang * 1000),
        },
        "trust": {},
        "annotation": {},
        "url": f"https://insights.twilio.com/v1/Voice/{call.sid}/Summary",
    }


def talked(call: Call) -> int:
    """Whole seconds from answering to now or to the end; 0 when nobody answered."""
    return round(call.lasted)


def _rfc2822(moment: dt.datetime | None) -> str | None:
    return None if moment is None else format_datetime(moment.astimezone(dt.UTC))


def _iso(moment: dt.datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
