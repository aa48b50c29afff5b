"""Every fact that the e-mail probe can write, with its meaning. The criteria that read them live with the scheme."""

from __future__ import annotations

VERSIONS = {"email probe": "2"}
"""Raised whenever the same mail would be read differently."""

FACTS: dict[str, str] = {
    "email.delivered": "the e-mail was accepted and did not come back",
    "email.auto_ack": "an automatic acknowledgement came",
    "email.auto_ack_quality": "how many of three it gave: a reference, a time to expect, another way to get help",
    "email.acknowledged": "any answer came, automatic or from a person; a survey or a challenge is none",
    "email.out_of_office": "an out-of-office message came",
    "email.replied": "a person answered, by e-mail or otherwise, before the window closed",
    "email.reply_channel": "how the answer came: email, telephone, letter, visit or portal",
    "email.replies_count": "how many replies came from people",
    "email.spam_folder": "an answer landed in the junk folder",
    "email.survey": "a survey or a request for a rating came",
    "email.promise_kept": "a further reply by a person came by the end of the day that was promised",
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
    "email.layout": "proposed from 1 to 5: paragraphs, greeting and sign-off, no shouting, no clutter",
    "email.reading_ease": "Flesch reading ease of the reply, from 100 words up; 60 and more is plain English",
    "email.links_work": "every link in the replies that could be tried works",
    "email.treated_as_foi": "the enquiry was diverted into freedom of information or complaints",
    "email.fully_answered": "proposed from the answer key: fully, partly or not",
    "email.next_steps": "where it was not fully answered: an answer was promised by a day or within a time",
    "wrong.accepted": "another authority's matter was dealt with or referred, not merely declined",
    "wrong.told_right_org": "the reply named the authority that is responsible",
    "wrong.correct_number": "the reply gave a right number, address or link of that authority, and no wrong number",
    "wrong.signpost_email": "the reply sent the enquirer to that authority, by name or by its number, address or link",
}

WRONG_AUTHORITY = ("wrong.accepted", "wrong.told_right_org", "wrong.correct_number", "wrong.signpost_email")
"""The facts about an enquiry that is another authority's; not applicable to any other."""

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
    "email.layout",
    "email.reading_ease",
    "email.links_work",
    "email.treated_as_foi",
    "email.fully_answered",
    "email.next_steps",
    *WRONG_AUTHORITY,
)
"""The facts that describe a person's reply, so not applicable where no person replied."""

READ_FROM_ALL_REPLIES = ("email.fully_answered", "email.next_steps", *WRONG_AUTHORITY)
"""The facts that say what the replies answer between them."""

READ_FROM_THE_TEXT = ("email.further_help", "email.alt_formats", "email.treated_as_foi", *READ_FROM_ALL_REPLIES)
"""The facts that an attachment may establish as well as the text: where the answer is attached, a person reads them."""
