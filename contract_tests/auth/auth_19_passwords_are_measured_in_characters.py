"""AUTH-19: the length of a password is counted in characters."""

import json
import secrets
import shlex

from bookplate import SHOULD, NotChecked, control, expect, experiment, fault
from bookplate.contract import Operation, Schema, has_role, member_at
from bookplate.faults import Answer, Request
from bookplate.fixtures import Users
from bookplate.wire import Exchange

# Longer passwords than this are not tried.
LONGEST = 4096
# A letter of two bytes in UTF-8, and what services with rules ask for.
LETTER, BEGINNING = "\u00e9", "Aa1!"


def limits_passwords(operation: Operation) -> bool:
    """People sign up with it, and the schema of the password says how long one may be."""
    schema = schema_of_password(operation) if has_role("register")(operation) else None
    return schema is not None and schema.max_length is not None and schema.max_length <= LONGEST


def schema_of_password(operation: Operation) -> Schema | None:
    pointer = operation.auth_role.secret if operation.auth_role else None
    return member_at(operation.body.schema, pointer) if operation.body and pointer else None


@experiment(
    "AUTH-19",
    source="NIST SP 800-63B-4, section 3.1.1.2; JSON Schema Validation, section 6.3",
    level=SHOULD,
    applies=limits_passwords,
)
def test_passwords_are_measured_in_characters(operation: Operation, users: Users) -> None:
    """
    A password as long as the schema allows, of letters that take two bytes, signs up and signs in.

    One with so many characters of one byte is taken before, and a short one with such a letter: so neither the length nor
    the letter is the reason for a refusal.

    Why it matters: where bytes are counted, people whose language has other letters get half of the length that is said.

    To mend it: count characters, and not bytes, where the length of a password is checked. Let the hash take as
    many bytes as the longest password of the schema can have, which is four for each character.
    """
    schema = schema_of_password(operation)
    assert schema is not None
    assert schema.max_length is not None
    filled = secrets.token_hex(schema.max_length)
    short = f"{BEGINNING}{LETTER}{filled}"[: max(schema.min_length or 0, len(BEGINNING) + 8)]
    plain = f"{BEGINNING}{filled}"[: schema.max_length]
    long = f"{BEGINNING}{filled[:8]}".ljust(schema.max_length, LETTER)[: schema.max_length]
    if not all(schema.allows(each, request=True) for each in (short, plain, long)):
        raise NotChecked("the schema of the password asks for another form")
    for name, each in (("SHORT", short), ("PLAIN", plain)):
        control(sign_up(users.entrance.fresh_identifier(), name, each, users), "a refusal of long passwords")

    identifier = users.entrance.fresh_identifier()
    made = sign_up(identifier, "LONG", long, users)
    observed = f"{schema.max_length} characters in {len(long.encode())} bytes: {made.describe()}"
    expect.that(made.status < 300, observed, expected="a sign-up, as the schema allows it", shown=[made])
    entry = users.entrance.enter(identifier, long)
    observed = f"a password that was taken at the sign-up: {entry.answer.describe()}"
    expect.that(entry.is_open, observed, expected="it signs in", shown=[made, entry.answer])


def sign_up(identifier: str, name: str, password: str, users: Users) -> Exchange:
    """Sign somebody up; no report shows the password, which has a name in scripts."""
    users.script.define_secret(f"PASSWORD_{name}", password, f"a password of {len(password)} characters")
    rest = len(password) - len(password.rstrip(LETTER))
    if rest:
        made = f'("{BEGINNING}" + secrets.token_hex(4)).ljust({len(password)}, chr(0x{ord(LETTER):x}))'
        in_json = f"import json, secrets; print(json.dumps({made})[1:-1])"
        text = json.dumps(password)[1:-1]
        users.script.define(f"PASSWORD_{name}_IN_JSON", text, f"$(python3 -c {shlex.quote(in_json)})", is_secret=True)
    return users.entrance.sign_up_as(identifier, password)


@fault(test_passwords_are_measured_in_characters)
def long_letters_count_twice(request: Request, answer: Answer) -> None:
    """The length of a password is counted in bytes."""
    password = request.members.get("password")
    if isinstance(password, str) and len(password.encode("utf-8", "replace")) > 256 and answer.status < 300:
        answer.become(422)
