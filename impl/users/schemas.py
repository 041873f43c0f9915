"""What the document's schemas cannot say of users, and how users are written out."""

from typing import Any

from marshmallow import fields

from ..representation.content import RowSchema
from ..representation.timestamps import timestamp


def canonical(identifier: str) -> str:
    """Return the form in which emails and usernames are compared."""
    return identifier.casefold()


class UserSchema(RowSchema):
    """A user as it is returned; nothing else of the row ever is."""

    id = fields.Int()
    email = fields.Str()
    username = fields.Str()
    display_name = fields.Str(allow_none=True)
    role = fields.Str()
    tier = fields.Str()
    active = fields.Bool()
    created_at = fields.Function(lambda user: timestamp(user.created_at))
    updated_at = fields.Function(lambda user: timestamp(user.updated_at))


def dump_user(user: Any) -> dict[str, Any]:
    """Write out one user, as the schema does: for each row the library would look all of its fields up anew."""
    return {
        "id": user.id,
        "email": user.email,
        "username": user.username,
        "display_name": user.display_name,
        "role": user.role,
        "tier": user.tier,
        "active": bool(user.active),
        "created_at": timestamp(user.created_at),
        "updated_at": timestamp(user.updated_at),
    }
