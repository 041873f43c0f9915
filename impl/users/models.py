"""The table of users."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from ..backends.store import ID, Model, at_creation, now
from ..representation.timestamps import Moment


class User(Model):
    """One user; `email_key` and `username_key` are the canonical forms that must be unique."""

    __tablename__ = "users"
    # Ids are never used again, not even that of the last user.
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(254), unique=True)
    username: Mapped[str] = mapped_column(String(50))
    username_key: Mapped[str] = mapped_column(String(50), unique=True)
    display_name: Mapped[str | None] = mapped_column(String(100))
    password_hash: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(10), default="user")
    tier: Mapped[str] = mapped_column(String(10), default="free")
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=at_creation)


class UserRow(NamedTuple):
    """A user as the driver hands it out, for those who read."""

    id: int
    email: str
    username: str
    display_name: str | None
    role: str
    tier: str
    # SQLite has no truth values: 0 or 1.
    active: bool
    created_at: Moment
    updated_at: Moment
    email_key: str
    username_key: str
    password_hash: str
    version: int


USERS = User.metadata.tables[User.__tablename__]
# What a UserRow is made of, in its order.
COLUMNS = [USERS.c[name] for name in UserRow._fields]
