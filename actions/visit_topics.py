"""Book a visit: what an engineer can come for, and what the customer has said about it already."""

from __future__ import annotations

from typing import Literal

from actions.answers import Answer, Currency, Id, Money, Text
from actions.company import CompanyClient, Failed
from actions.contract import Call, CompanyAction, Done
from actions.visit_words import find


class Topic(Answer):
    visit_topic: Id
    title: Text
    kind: Literal["repair", "installation"]
    service: Literal["tv", "broadband"] | None
    price: Money
    currency: Currency


class Topics(Answer):
    topics: list[Topic]


class ListVisitTopics(CompanyAction):
    """What an engineer can come for."""

    action_name = "action_list_visit_topics"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs `visit_topics`; `visit_hint`: the one that the customer's words point at, if any."""
        if not call.customer_id:
            raise Failed("not_verified")
        found = company.get("/visit-topics", Topics).topics
        topics = [
            {
                "visit_topic": each.visit_topic,
                "visit_hint": each.visit_topic,
                "title": each.title,
                "kind": each.kind,
                "service": each.service,
                "price": f"{each.price:.2f}",
                "currency": each.currency,
            }
            for each in found
        ]
        hint = find("topics", call.optional("words"), call.language)
        known = hint is not None and any(each.visit_topic == hint for each in found)
        return Done({"visit_topics": topics, **({"visit_hint": hint} if known else {})})
