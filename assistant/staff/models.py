"""What staff calls take and answer."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from assistant.staff.access import Principal
from assistant.staff.audit import AuditEntry
from assistant.staff.staff import StaffMember
from assistant.staff.tokens import Token
from assistant.web import Body

SignInRole = Literal["agent", "supervisor", "analyst", "admin"]
Role = Literal["agent", "supervisor", "analyst", "admin", "channel"]
PersonName = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")]
Email = Annotated[str, StringConstraints(min_length=3, max_length=254)]
Skills = Annotated[
    list[Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]], Field(max_length=50)
]
Languages = Annotated[list[Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]], Field(max_length=50)]


def _blank_is_none(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


class Answer(BaseModel):
    """Base of what leaves: made from values, nothing beyond its fields."""

    model_config = ConfigDict(extra="forbid", from_attributes=True, frozen=True)


class SignIn(Body):
    """E-mail address and password of a member of staff."""

    model_config = ConfigDict(str_strip_whitespace=False)  # a password may begin with a space

    email: Email
    password: Annotated[str, StringConstraints(min_length=1, max_length=1024)]


class ResetWanted(Body):
    """Whose password was forgotten."""

    email: Email


class NewPassword(Body):
    """The token of a one-time link, and the password to set."""

    model_config = ConfigDict(str_strip_whitespace=False)

    token: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    password: Annotated[str, StringConstraints(max_length=1024)]


class NewStaff(Body):
    """A member of staff to add. No skills means all; likewise languages. No name: made from the address."""

    email: Email
    role: SignInRole
    name: Annotated[PersonName | None, BeforeValidator(_blank_is_none)] = None
    skills: Skills = Field(default_factory=list)
    languages: Languages = Field(default_factory=list)


class StaffChange(Body):
    """What to change; what is not given, or null, stays."""

    name: PersonName | None = None
    email: Email | None = None
    role: SignInRole | None = None
    skills: Skills | None = None
    languages: Languages | None = None
    active: bool | None = None

    @property
    def given(self) -> dict[str, Any]:
        """Only what is to change."""
        return self.model_dump(exclude_none=True)


class NewToken(Body):
    """A bearer token to make."""

    role: Role
    name: PersonName
    skills: Skills = Field(default_factory=list)
    languages: Languages = Field(default_factory=list)


class AuditQuery(Body):
    """Which part of the record. `after` is the `next` of an earlier answer."""

    staff_id: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None
    target: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    after: str | None = None
    limit: int = Field(100, ge=1, le=500)


class Me(Answer):
    """Who is signed in. `csrf` goes into X-CSRF-Token on every change; it is null for tokens."""

    staff_id: str
    name: str
    email: str | None
    role: Role
    skills: tuple[str, ...]
    languages: tuple[str, ...]
    csrf: str | None

    @classmethod
    def of(cls, principal: Principal) -> Me:
        """The principal, without what only the door needs."""
        return cls(
            staff_id=principal.id,
            name=principal.name,
            email=principal.email,
            role=principal.role,  # type: ignore[arg-type]  # checked by the model
            skills=principal.skills,
            languages=principal.languages,
            csrf=principal.csrf,
        )


class PasswordSet(Answer):
    """The password was set; sign in with this address."""

    email: str


class StaffRow(Answer):
    """One member of staff."""

    staff_id: str
    name: str
    email: str
    role: SignInRole
    skills: tuple[str, ...]
    languages: tuple[str, ...]
    active: bool
    has_password: bool
    created_at: AwareDatetime


class StaffList(Answer):
    """Everybody, by name."""

    staff: list[StaffRow]

    @classmethod
    def of(cls, members: list[StaffMember]) -> StaffList:
        """From the members."""
        return cls(staff=[StaffRow.model_validate(member) for member in members])


class StaffAdded(StaffRow):
    """The new member, with the one-time link to pass on. The link is shown only here."""

    link: str
    link_expires_at: AwareDatetime


class LinkMade(Answer):
    """A one-time link to pass on. It is shown only here; earlier links no longer work."""

    link: str
    expires_at: AwareDatetime


class TokenRow(Answer):
    """One token, without its secret. `created_by` is a staff id, null for the command line."""

    token_id: str
    role: Role
    name: str
    skills: tuple[str, ...]
    languages: tuple[str, ...]
    created_by: str | None
    created_at: AwareDatetime
    last_used_at: AwareDatetime | None
    revoked_at: AwareDatetime | None


class TokenList(Answer):
    """All tokens, newest first, revoked ones too."""

    tokens: list[TokenRow]

    @classmethod
    def of(cls, tokens: list[Token]) -> TokenList:
        """From the tokens."""
        return cls(tokens=[TokenRow.model_validate(token) for token in tokens])


class TokenMade(TokenRow):
    """The new token. `token` is the secret: it is shown only here."""

    token: str


class AuditRow(Answer):
    """One thing that somebody did or read."""

    at: AwareDatetime
    staff_id: str
    name: str
    what: str
    target: str | None
    details: dict[str, Any]


class AuditPage(Answer):
    """The record, newest first. `next` is null at its end."""

    entries: list[AuditRow]
    next: str | None = None

    @classmethod
    def of(cls, entries: list[AuditEntry], after: str | None) -> AuditPage:
        """From a page of entries and its cursor."""
        return cls(entries=[AuditRow.model_validate(entry) for entry in entries], next=after)


class Named(Answer):
    """A name for programs and a title for people."""

    name: str
    title: str


class Catalogue(Answer):
    """What staff can choose from."""

    intents: list[Named]
    skills: list[Named]
    languages: list[str]
    reasons: list[str]
