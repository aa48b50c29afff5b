"""A wave's contacts in their order, counted question by question: what all parts of its report rest on. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from results import tally
from results.channels import ABOUT
from results.schema import Channel, Criterion, Organisation, Scheme, Shop, Wave
from results.tally import Tally, tallies


class InOrder(NamedTuple):
    """The contacts of a wave's members, the earliest first. `given`: the shops that it was made of, whosever they are.

    `members`: in the order of their names. `anchors`: {shop: its place in the page}. `counted`: {(organisation,
    channel): tallies}, `all_counted`: those of a channel together. `asked`: the questions of a channel that have an
    answer, in the scheme's order.
    """

    wave: Wave
    scheme: Scheme
    members: Mapping[str, Organisation]
    given: Sequence[Shop]
    shops: Sequence[Shop]
    by_organisation: Mapping[str, Sequence[Shop]]
    anchors: Mapping[str, str]
    counted: Mapping[tuple[str, Channel], Mapping[str, Tally]]
    all_counted: Mapping[Channel, Mapping[str, Tally]]
    asked: Mapping[Channel, Sequence[Criterion]]


def in_order(wave: Wave, scheme: Scheme, organisations: Mapping[str, Organisation], shops: Sequence[Shop]) -> InOrder:
    """The contacts of the wave's organisations, all of `organisations` where it names none.

    Shops of anybody else, and of other waves, are left out.
    """
    ids = wave.organisations or tuple(organisations)
    members = {key: organisations[key] for key in sorted(ids, key=lambda key: organisations[key].name.casefold())}
    own = sorted(
        (shop for shop in shops if shop.wave == wave.id and shop.organisation in members),
        key=lambda shop: (shop.made_at is None, shop.made_at.timestamp() if shop.made_at else 0.0, shop.id),
    )
    by_organisation: dict[str, list[Shop]] = {key: [] for key in members}
    for shop in own:
        by_organisation[shop.organisation].append(shop)
    counted = tallies(own, lambda shop: (shop.organisation, shop.channel))
    all_counted = {
        channel: tally.together([each for (_, on), each in counted.items() if on == channel]) for channel in ABOUT
    }
    asked = {
        channel: [one for one in scheme.criteria if one.channel in (channel, "any") and one.id in each]
        for channel, each in all_counted.items()
    }
    anchors = {shop.id: f"s{number}" for number, shop in enumerate(own, 1)}
    return InOrder(wave, scheme, members, shops, own, by_organisation, anchors, counted, all_counted, asked)
