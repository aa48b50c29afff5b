"""Every fact that the e-mail probe can write, with its meaning. The criteria that read them live with the scheme."""

from __future__ import annotations

VERSIONS = {"email probe": "1"}
"""Raised whenever the same mail would be read differently."""

FACTS: dict[str, str] = {
    "email.delivered": "the e-mail was accepted and did not come back",
    "email.auto_ack": "an automatic acknowledgement came",
    "email.acknowledged": "any answer came, automatic or from a person",
    "email.out_of_office": "an out-of-office message came",
    "email.replied": "a person replied",
    "email.replies_count": "how many replies came from people",
    "email.spam_folder": "an answer landed in the junk folder",
    "email.used_name": "the reply greeted the enquirer by name",
    "email.name_correct": "the enquirer's name was spelt as it had been given",
    "email.salutation": "the reply had a greeting and a sign-off",
    "email.sender_name": "the reply gave its sender's name",
    "email.sender_phone": "the reply gave its sender's telephone number",
    "email.sender_job_title": "the reply gave its sender's job title",
    "email.sender_department": "the reply gave its sender's department or team",
    "email.org_name": "the reply named the organisation",
    "email.accessible": "the answer was in the text of the reply, not only in an attachment",
    "email.further_help": "the reply offered further help or said how to get back in touch",
    "email.alt_formats": "the reply said that other formats or languages are available",
    "email.treated_as_foi": "the enquiry was diverted into freedom of information or complaints",
    "email.fully_answered": "proposed from the answer key: fully, partly or not",
}

QUALITY = (
    "email.used_name",
    "email.name_correct",
    "email.salutation",
    "email.sender_name",
    "email.sender_phone",
    "email.sender_job_title",
    "email.sender_department",
    "email.org_name",
    "email.accessible",
    "email.further_help",
    "email.alt_formats",
    "email.treated_as_foi",
    "email.fully_answered",
)
"""The facts that describe a person's reply, so not applicable where no person replied."""
