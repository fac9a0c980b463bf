"""The admin's calls: people, their one-time links, tokens, and the record of what everybody did."""

from __future__ import annotations

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import empty

from assistant.journal.store import Transaction
from assistant.openapi import documented
from assistant.staff import staff
from assistant.staff.access import require
from assistant.staff.audit import AuditEntry, audit_entries, record
from assistant.staff.catalogue import check_skills, handoff_policy
from assistant.staff.links import Link, create_link, end_links, link_address
from assistant.staff.models import (
    AuditPage,
    AuditQuery,
    LinkMade,
    NewStaff,
    NewToken,
    StaffAdded,
    StaffChange,
    StaffList,
    StaffRow,
    TokenList,
    TokenMade,
    TokenRow,
)
from assistant.staff.sessions import end_all_sessions
from assistant.staff.sign_in import StaffServices
from assistant.staff.staff import StaffMember
from assistant.staff.tokens import Token, all_tokens, create_token, revoke_token
from assistant.web import ApiError, answer, parse, parse_query


def add_administration(blueprint: Blueprint) -> None:
    """The calls of this module on the staff blueprint."""
    add = blueprint.add_route
    add(list_staff, "/api/staff", methods=["GET"])
    add(add_staff, "/api/staff", methods=["POST"])
    add(list_tokens, "/api/staff/tokens", methods=["GET"])
    add(make_token, "/api/staff/tokens", methods=["POST"])
    add(end_token, "/api/staff/tokens/<token_id:str>", methods=["DELETE"])
    add(read_audit, "/api/staff/audit", methods=["GET"])
    add(change_staff, "/api/staff/<staff_id:str>", methods=["PATCH"])
    add(make_link, "/api/staff/<staff_id:str>/link", methods=["POST"])


def services_of(request: Request) -> StaffServices:
    """The staff part of the app."""
    services: StaffServices = request.app.ctx.services.staff
    return services


@documented(summary="Everybody who may sign in", answers={200: StaffList}, roles=("admin",))
async def list_staff(request: Request) -> HTTPResponse:
    principal = await require(request, "admin")

    def work(tx: Transaction) -> list[StaffMember]:
        record(tx, principal, "read the list of staff")
        return staff.everybody(tx)

    return answer(StaffList.of(await services_of(request).database.write(work)))


@documented(
    summary="Add a member of staff",
    description="The answer holds a link, good for 24 hours, with which they set their password.",
    body=NewStaff,
    answers={
        201: StaffAdded,
        400: "bad_email, unknown_skill: what is wrong with what was given.",
        409: "email_taken: somebody has this address.",
    },
    roles=("admin",),
)
async def add_staff(request: Request) -> HTTPResponse:
    principal = await require(request, "admin")
    given = parse(request, NewStaff)
    services = services_of(request)
    check_skills(given.skills, handoff_policy(request.app.ctx.services.settings.root))

    def work(tx: Transaction) -> tuple[StaffMember, Link]:
        member = staff.create(tx, **given.model_dump())
        record(tx, principal, "added staff", member.staff_id, role=member.role)
        return member, create_link(tx, member.staff_id, "set_password")

    member, link = await services.database.write(work)
    made = StaffAdded(
        **StaffRow.model_validate(member).model_dump(),
        link=link_address(services.settings.base_url, link.token),
        link_expires_at=link.expires_at,
    )
    return answer(made, 201)


@documented(
    summary="Change a member of staff",
    description="Deactivating signs them out everywhere.",
    body=StaffChange,
    answers={
        200: StaffRow,
        400: "bad_email, unknown_skill: what is wrong with what was given.",
        404: "no_such_staff: nobody has this id.",
        409: "email_taken; last_admin: nobody else could administer staff.",
    },
    roles=("admin",),
)
async def change_staff(request: Request, staff_id: str) -> HTTPResponse:
    principal = await require(request, "admin")
    given = parse(request, StaffChange).given
    check_skills(given.get("skills", ()), handoff_policy(request.app.ctx.services.settings.root))

    def work(tx: Transaction) -> StaffMember:
        before = staff.get(tx, staff_id)
        after = staff.change(tx, staff_id, given)
        changed = sorted(name for name in given if getattr(before, name) != getattr(after, name))
        if not changed:
            return after
        details = {name: given[name] for name in changed if name not in ("email", "name")}
        record(tx, principal, "changed staff", staff_id, changed=changed, to=details)
        if not after.active:
            end_all_sessions(tx, staff_id)
            end_links(tx, staff_id)
        return after

    return answer(StaffRow.model_validate(await services_of(request).database.write(work)))


@documented(
    summary="A new one-time link for a member of staff",
    answers={
        200: LinkMade,
        404: "no_such_staff: nobody has this id.",
        409: "not_active: make them active first.",
    },
    roles=("admin",),
)
async def make_link(request: Request, staff_id: str) -> HTTPResponse:
    principal = await require(request, "admin")
    services = services_of(request)

    def work(tx: Transaction) -> Link:
        if not staff.get(tx, staff_id).active:
            raise ApiError(409, "not_active", "Make this member of staff active first.")
        record(tx, principal, "made a sign-in link", staff_id)
        return create_link(tx, staff_id, "set_password")

    link = await services.database.write(work)
    address = link_address(services.settings.base_url, link.token)
    return answer(LinkMade(link=address, expires_at=link.expires_at))


@documented(summary="All bearer tokens, without their secrets", answers={200: TokenList}, roles=("admin",))
async def list_tokens(request: Request) -> HTTPResponse:
    principal = await require(request, "admin")

    def work(tx: Transaction) -> list[Token]:
        record(tx, principal, "read the list of tokens")
        return all_tokens(tx)

    return answer(TokenList.of(await services_of(request).database.write(work)))


@documented(
    summary="Make a bearer token",
    description="Its secret is in this answer and nowhere else.",
    body=NewToken,
    answers={201: TokenMade, 400: "unknown_skill: there is no such skill."},
    roles=("admin",),
)
async def make_token(request: Request) -> HTTPResponse:
    principal = await require(request, "admin")
    given = parse(request, NewToken)
    check_skills(given.skills, handoff_policy(request.app.ctx.services.settings.root))

    def work(tx: Transaction) -> tuple[str, Token]:
        secret, token = create_token(tx, **given.model_dump(), created_by=principal.id)
        record(tx, principal, "made a token", token.token_id, role=token.role)
        return secret, token

    secret, token = await services_of(request).database.write(work)
    return answer(TokenMade(**TokenRow.model_validate(token).model_dump(), token=secret), 201)


@documented(
    summary="Revoke a bearer token",
    description="It stops working here at once, on other workers within five seconds.",
    answers={204: None, 404: "no_such_token: no token has this id."},
    roles=("admin",),
)
async def end_token(request: Request, token_id: str) -> HTTPResponse:
    principal = await require(request, "admin")
    services = services_of(request)

    def work(tx: Transaction) -> None:
        revoke_token(tx, token_id)
        record(tx, principal, "revoked a token", token_id)

    await services.database.write(work)
    services.access.forget(token_id)
    return empty()


@documented(
    summary="What members of staff did and read, newest first",
    query=AuditQuery,
    answers={200: AuditPage, 400: "bad_cursor: `after` is not the `next` of an earlier answer."},
    roles=("admin", "supervisor"),
)
async def read_audit(request: Request) -> HTTPResponse:
    principal = await require(request, "admin", "supervisor")
    asked = parse_query(request, AuditQuery)

    def work(tx: Transaction) -> tuple[list[AuditEntry], str | None]:
        page = audit_entries(tx, **asked.model_dump())
        record(tx, principal, "read the record", asked.staff_id or asked.target)
        return page

    entries, after = await services_of(request).database.write(work)
    return answer(AuditPage.of(entries, after))
