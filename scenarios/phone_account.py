"""The [phone] table of programme.toml: through whom calls go out, as whom, what they may come to and what is said.

One form a provider; `provider` says which. Its secret is not here: see `scenarios.credentials`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, field_validator, model_validator

from probes.phone.speech import texts
from results.schema import E164, Noun

Host = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]+(:[0-9]{1,5})?$")]
User = Annotated[str, StringConstraints(pattern=r"^[^\s@;:<>\"]{1,64}$")]
PublicUrl = Annotated[str, StringConstraints(pattern=r"^https://[^\s/?#]+/[^\s?#]*$")]


class Cap(Noun):
    """The most that calls may come to; what is left out is not capped."""

    calls: int | None = Field(default=None, ge=0)
    minutes: float | None = Field(default=None, ge=0)
    pence: float | None = Field(default=None, ge=0)


class Telephone(Noun):
    """What every provider's form has. `caller`: a number of your own, answered by an explanation.

    `caps`: for each run (a `doorstep run`, or a night of a schedule), for each day, for each wave, and for all that was
    ever placed on this account.
    """

    caller: E164
    numbers: tuple[E164, ...] = Field(
        default=(), description="more numbers of your own: whoever is left a message rings one of them"
    )
    pence_per_minute: float | None = Field(
        default=None, ge=0, description="what the carrier charges, for caps in pence"
    )
    caps: Mapping[Literal["run", "day", "wave", "account"], Cap] = {}
    texts: Mapping[str, str] = Field(default={}, description="what is said on calls in place of Doorstep's own words")

    @field_validator("texts")
    @classmethod
    def _can_be_said(cls, own: Mapping[str, str]) -> Mapping[str, str]:
        texts(own)
        return own

    @model_validator(mode="after")
    def _pence_need_a_price(self) -> Telephone:
        if self.pence_per_minute is None and any(cap.pence is not None for cap in self.caps.values()):
            raise ValueError("caps pence without saying what a minute costs; add pence_per_minute")
        return self

    @model_validator(mode="after")
    def _each_number_once(self) -> Telephone:
        if len({self.caller, *self.numbers}) <= len(self.numbers):
            raise ValueError("names a number twice among caller and numbers; each is one of its own")
        return self


class TwilioAccount(Telephone):
    """An account with Twilio. `callbacks`: the public address at which this machine hears of calls, if it has one."""

    provider: Literal["twilio"] = "twilio"
    account: Annotated[str, StringConstraints(pattern=r"^AC[0-9a-fA-F]{32}$")]
    calls_per_second: float = Field(default=1.0, gt=0, le=100)
    region: Literal["us1", "ie1", "au1"] | None = Field(default=None, description="where the account is kept")
    callbacks: PublicUrl | None = Field(
        default=None, description="where Twilio can tell at once what becomes of a call; looking at its list goes on"
    )
    callbacks_port: int | None = Field(
        default=None, ge=1, le=65535, description="the port here that the public address leads to"
    )

    @model_validator(mode="after")
    def _an_address_leads_somewhere(self) -> TwilioAccount:
        if (self.callbacks is None) != (self.callbacks_port is None):
            raise ValueError(
                "callbacks and callbacks_port belong together: the public address, and the port it leads to"
            )
        return self


class SipTrunk(Telephone):
    """A SIP trunk, or a registration, of your own. `channels`: how many calls at once it carries.

    `authority`: with TLS, the file of certificates to trust. `interface`: the local address to call from.
    """

    provider: Literal["sip"]
    host: Host
    user: User
    transport: Literal["udp", "tcp", "tls"] = "udp"
    registers: bool = False
    authority: Path | None = None
    interface: str | None = None
    channels: int = Field(default=2, ge=1, le=100)

    @property
    def account(self) -> str:
        """What its password is kept under."""
        return f"{self.user}@{self.host}"

    @model_validator(mode="after")
    def _tls_needs_somebody_to_trust(self) -> SipTrunk:
        if self.transport == "tls" and self.authority is None:
            raise ValueError('transport is "tls", which needs authority: the file of certificates to trust')
        if self.authority is not None and (not self.authority.is_file() or " " in str(self.authority)):
            raise ValueError(
                f"authority is {str(self.authority)!r}; give the path, without spaces, of a file that is there"
            )
        return self


class _Provider(BaseModel):
    provider: Literal["twilio", "sip"] = "twilio"


def _in_its_form(table: object) -> object:
    """The table read by its provider's form alone, so that mistakes are told as that form's."""
    forms: dict[str, type[Telephone]] = {"twilio": TwilioAccount, "sip": SipTrunk}
    return (
        table if isinstance(table, Telephone) else forms[_Provider.model_validate(table).provider].model_validate(table)
    )


PhoneAccount = Annotated[TwilioAccount | SipTrunk, BeforeValidator(_in_its_form)]
