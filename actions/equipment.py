"""Fix a TV box: what is there, restart it, test its signal."""

from __future__ import annotations

from actions.answers import Done as BoxDone
from actions.answers import Equipment, EquipmentList
from actions.company import CompanyClient, Failed, segment
from actions.contract import Call, CompanyAction, Done


def own_equipment(company: CompanyClient, call: Call) -> list[Equipment]:
    """All the customer has. Raises Failed."""
    return company.get(f"/customers/{segment(call.customer_id)}/equipment", EquipmentList).equipment


def chosen(company: CompanyClient, call: Call) -> Equipment:
    """The box in question, if it is this customer's. Raises Failed."""
    wanted = call.text("equipment_id")
    for equipment in own_equipment(company, call):
        if equipment.equipment_id == wanted:
            return equipment
    raise Failed("equipment_unknown", status=404)


class ListEquipment(CompanyAction):
    """The customer's boxes and routers, of one kind where one is asked for."""

    action_name = "action_list_equipment"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs `equipment`."""
        kind = call.optional("kind") or call.optional("equipment_kind")
        found = [e for e in own_equipment(company, call) if kind is None or e.kind == kind]
        return Done({"equipment": [e.model_dump(exclude={"customer_id"}) for e in found]})


class RestartBox(CompanyAction):
    """Restarts a box from afar."""

    action_name = "action_restart_box"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """`code` is restarted."""
        box = chosen(company, call)
        path = f"/equipment/{segment(box.equipment_id)}/restart"
        done = company.change(path, {}, BoxDone, call.own_key(self.action_name), again=call.again)
        outputs = {"code": done.result.code, "text": done.result.text, "model": box.model}
        return Done(outputs, code=done.result.code, detail=done.result.text, events=done.events)


class TestSignal(CompanyAction):
    """Measures the signal at a box."""

    __test__ = False  # pytest would take it for a test
    action_name = "action_test_signal"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """`code` is ok, weak or none."""
        box = chosen(company, call)
        path = f"/equipment/{segment(box.equipment_id)}/signal-test"
        done = company.change(path, {}, BoxDone, call.own_key(self.action_name), again=call.again)
        if done.result.code not in ("ok", "weak", "none"):
            raise Failed("bad_answer")
        outputs = {"code": done.result.code, "text": done.result.text, "model": box.model}
        return Done(outputs, code=done.result.code, detail=done.result.text, events=done.events)
