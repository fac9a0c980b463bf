"""Make a complaint: what there is already, and a new one on record."""

from __future__ import annotations

from datetime import date
from typing import Literal

from actions.answers import Answer, Changed, Id, Text
from actions.company import CompanyClient, Failed, segment
from actions.contract import Call, CompanyAction, Done

LONGEST = 2_000
FEWEST = 7  # words: "I want to make a complaint" does not say what about


class Complaint(Answer):
    complaint_id: Id
    customer_id: Id
    number: Id
    topic_title: Text
    text: Text
    received: date
    answer_by: date
    status: Literal["registered", "settled"]


class Topic(Answer):
    complaint_topic: Id
    title: Text


class Complaints(Answer):
    complaints: list[Complaint]
    topics: list[Topic]


class Registered(Changed):
    complaint: Complaint


class ListComplaints(CompanyAction):
    """The customer's open complaint, if there is one, and what a new one can be about."""

    action_name = "action_list_complaints"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs `complaint_topics`, `complaint` (their words, if enough), `open_complaint`, its day."""
        found = company.get(f"/customers/{segment(call.customer_id)}/complaints", Complaints)
        outputs: dict[str, object] = {"complaint_topics": [topic.model_dump() for topic in found.topics]}
        words = call.optional("words")
        if words is not None and len(words.split()) >= FEWEST:
            outputs["complaint"] = words[:LONGEST]
        waiting = [each for each in found.complaints if each.status == "registered"]
        if waiting:
            outputs["open_complaint"] = waiting[0].number
            outputs["open_complaint_about"] = waiting[0].topic_title
            outputs["open_answer_by"] = waiting[0].answer_by.isoformat()
        return Done(outputs)


class RegisterComplaint(CompanyAction):
    """Puts a complaint on record, once per confirmation."""

    action_name = "action_register_complaint"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs `complaint_id`, the `complaint_number` to read out, and `answer_by`."""
        key, customer_id = call.needed_key(), call.customer_id
        body = {"topic": call.text("complaint_topic"), "text": call.text("complaint")[:LONGEST]}
        path = f"/customers/{segment(customer_id)}/complaints"
        made = company.change(path, body, Registered, key, again=call.again)
        if made.complaint.customer_id != customer_id:
            raise Failed("bad_answer")
        outputs = {
            "complaint_id": made.complaint.complaint_id,
            "complaint_number": made.complaint.number,
            "answer_by": made.complaint.answer_by.isoformat(),
        }
        return Done(outputs, events=made.events)
