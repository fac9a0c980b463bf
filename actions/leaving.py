"""End a contract: what it is and what ending it means. People end it; this only looks."""

from __future__ import annotations

from datetime import date
from typing import Literal

from actions.answers import Answer, Currency, Id, Money, Text
from actions.company import CompanyClient, Failed, segment
from actions.contract import Call, CompanyAction, Done, money


class Cheaper(Answer):
    package: Text
    monthly: Money
    saves: Money


class Contract(Answer):
    contract_id: Id
    customer_id: Id
    package: Text
    monthly: Money
    currency: Currency
    fixed_until: date
    kind: Literal["cooling_off", "fixed", "monthly", "ending"]
    ends_on: date
    ending_fee: Money
    cheaper: Cheaper | None


class LeavingReason(Answer):
    leaving_reason: Id
    title: Text


class ContractFound(Answer):
    contract: Contract | None
    leaving_reasons: list[LeavingReason]


class LookUpContract(CompanyAction):
    """The customer's contract, what ending it would cost, and a cheaper package where there is one."""

    action_name = "action_look_up_contract"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs the contract's facts and `leaving_reasons`; `code` is the kind of contract, or none."""
        found = company.get(f"/customers/{segment(call.customer_id)}/contract", ContractFound)
        contract = found.contract
        if contract is None:
            return Done(code="none")
        if contract.customer_id != call.customer_id:
            raise Failed("bad_answer")
        outputs: dict[str, object] = {
            "contract_id": contract.contract_id,
            "contract_package": contract.package,
            "contract_monthly": money(contract.monthly, contract.currency),
            "contract_kind": contract.kind,
            "contract_until": contract.fixed_until.isoformat(),
            "contract_ends_on": contract.ends_on.isoformat(),
            "ending_fee": money(contract.ending_fee, contract.currency),
            "leaving_reasons": [reason.model_dump() for reason in found.leaving_reasons],
        }
        if contract.cheaper is not None:
            outputs["cheaper_package"] = contract.cheaper.package
            outputs["cheaper_saves"] = money(contract.cheaper.saves, contract.currency)
        return Done(outputs, code=contract.kind)
