"""The register of addresses: which ones a postcode and a house number mean, and what reaches them.

Made up, but the same for the same question. Homes behind one number each have their letter. Northlight's
cables reach the areas under `coverage` in the catalogue, each up to some speed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response

from company.catalogue.source import read_catalogue
from company.errors import BadRequest, Missing

blueprint = Blueprint("addresses")

POSTCODE = re.compile(r"^([1-9]\d{3})\s?([A-Z]{2})$")
ADDRESS_ID = re.compile(r"^([1-9]\d{3})([A-Z]{2})-(\d{1,3})([A-C]?)$")
HIGHEST = 400  # no street of ours is longer


@dataclass(frozen=True)
class Address:
    """One home."""

    digits: str
    letters: str
    number: int
    addition: str = ""

    @property
    def address_id(self) -> str:
        """Its name in a request."""
        return f"{self.digits}{self.letters}-{self.number}{self.addition}"

    @property
    def postcode(self) -> str:
        """As it is written: `3511 AB`."""
        return f"{self.digits} {self.letters}"

    @property
    def town(self) -> dict[str, Any] | None:
        """The town of the catalogue, for the streets that are known by name."""
        return next((each for each in read_catalogue()["towns"] if each["postcode"] == self.digits), None)

    @property
    def street(self) -> str:
        """Street and number; of a street that is not known by name its postcode and the number."""
        town, number = self.town, f"{self.number}{self.addition}"
        if town is None:
            return f"{self.postcode} {number}"
        place = (ord(self.letters[0]) * 7 + ord(self.letters[1])) % len(town["streets"])
        return f"{town['streets'][place]} {number}"

    @property
    def city(self) -> str:
        """The town, or the postcode where its name is not known."""
        town = self.town
        return str(town["city"]) if town else self.postcode

    @property
    def title(self) -> str:
        """One line that customers recognise."""
        return f"{self.street}, {self.city}" if self.town else self.street

    @property
    def speed(self) -> int | None:
        """The fastest broadband that reaches it, in Mbit/s; None where Northlight does not come."""
        found: int | None = read_catalogue()["coverage"].get(self.digits[:2])
        return found

    @property
    def connected(self) -> bool:
        """Whether a connection of ours is in the house already."""
        return self.number % 3 != 0

    def wire(self) -> dict[str, Any]:
        """As it goes over the wire."""
        return {"address_id": self.address_id, "title": self.title, "postcode": self.postcode}


def addresses_at(postcode: str, number: int) -> list[Address]:
    """The homes with that number; none for a number that is not there. Raises BadRequest."""
    match = POSTCODE.match(postcode.strip().upper())
    if match is None:
        raise BadRequest("postcode_invalid", "postcode has to be a Dutch postcode like 3511 AB.")
    if not 1 <= number <= HIGHEST:
        return []
    additions = ("", "A", "B") if number % 7 == 5 else ("",)
    return [Address(match[1], match[2], number, addition) for addition in additions]


def find_address(address_id: str) -> Address:
    """Raises Missing."""
    match = ADDRESS_ID.match(address_id)
    if match is not None:
        for each in addresses_at(match[1] + match[2], int(match[3])):
            if each.address_id == address_id:
                return each
    raise Missing("address_unknown", "There is no such address.")


@blueprint.get("/addresses")
async def list_addresses(request: Request) -> HTTPResponse:
    """The homes that a postcode and a house number mean."""
    number = request.args.get("house_number") or ""
    if not re.fullmatch(r"\d{1,5}", number):
        raise BadRequest("house_number_invalid", "house_number has to be a number.")
    found = addresses_at(request.args.get("postcode") or "", int(number))
    return json_response({"addresses": [each.wire() for each in found]})
