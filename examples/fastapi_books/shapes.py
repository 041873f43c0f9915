"""What is sent and answered, as pydantic models; their bounds are the document's."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, create_model

from .contract import bounds, contract


def within(name: str, member: str | None = None) -> Any:
    """Return the bounds of a schema of the document."""
    return Field(**bounds(contract.schema(name, member)))


def as_whole(value: Any) -> Any:
    """Take 7.0 for 7, as JSON Schema does."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def as_isbn_13(text: str) -> str:
    """Return the 13 digits of an ISBN of either length (ISO 2108); its check digit must be right."""
    digits = text.replace("-", "").upper()
    is_short = len(digits) == 10
    body = f"978{digits[:9]}" if is_short else digits[:12]
    last = str(-sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(body)) % 10)
    rest = -sum((10 - place) * int(digit) for place, digit in enumerate(digits[:9])) % 11
    if digits[-1] != (("X" if rest == 10 else str(rest)) if is_short else last):
        raise ValueError("the check digit is wrong")
    return body + last


def as_email(text: str) -> str:
    """Refuse what the format `email` refuses beyond the pattern: empty words, and labels that look encoded."""
    local, _, domain = text.partition("@")
    if ".." in local or any(label[2:4] == "--" for label in domain.split(".")):
        raise ValueError("this is no email address")
    return text


Title = Annotated[str, within("Title")]
Author = Annotated[str, within("Author")]
Isbn = Annotated[str, within("NewIsbn"), AfterValidator(as_isbn_13)]
Year = Annotated[int, BeforeValidator(as_whole), within("Year")]
Price = Annotated[str, within("Price")]
Genre = Literal["fiction", "non_fiction", "science", "history"]
Email = Annotated[str, within("Email"), AfterValidator(as_email)]
Username = Annotated[str, within("Username")]
Password = Annotated[str, within("Password")]
SentPassword = Annotated[str, within("Credentials", "password")]
DisplayName = Annotated[str, within("DisplayName")]
Role = Literal["user", "admin"]
Tier = Literal["free", "standard", "premium"]


class Content(BaseModel):
    """What a client sends: nothing is coerced, and nothing unknown is let in."""

    model_config = ConfigDict(extra="forbid", strict=True)

    def changes(self) -> dict[str, Any]:
        """Return what a merge patch names (RFC 7396); the defaults of one are never used."""
        return self.model_dump(exclude_unset=True)


class BookInput(Content):
    title: Title
    author: Author
    isbn: Isbn | None = None
    published_year: Year | None = None
    genre: Genre | None = None
    price: Price


class BookPatch(BookInput):
    title: Title = ""
    author: Author = ""
    price: Price = ""


class UserInput(Content):
    email: Email
    username: Username
    password: Password
    display_name: DisplayName | None = None


class MePatch(UserInput):
    email: Email = ""
    username: Username = ""
    password: Password = ""
    current_password: SentPassword = ""


class UserPatch(Content):
    role: Role = "user"
    tier: Tier = "free"
    active: bool = True


class Credentials(Content):
    email: Email
    password: SentPassword


class RefreshInput(Content):
    refresh_token: Annotated[str, within("RefreshInput", "refresh_token")]


def answer(name: str) -> Any:
    """Make a model of what is answered: the members that the document names, and no other."""
    members: dict[str, Any] = dict.fromkeys(contract.schema(name)["properties"], (Any, ...))
    return create_model(name, __config__=ConfigDict(from_attributes=True), **members)


Book, User, Tokens = answer("Book"), answer("User"), answer("Tokens")
BookPage, UserPage, BookFeed = answer("BookPage"), answer("UserPage"), answer("BookFeed")
PopularBooks, BookStatistics = answer("PopularBooks"), answer("BookStatistics")
Health, Liveness = answer("Health"), answer("Liveness")
