"""Faults of what the document says about accounts, tokens and sessions."""

import re
import time

from bookplate.faults import Answer, Request, Steps

from ._written import breaks, caller, claims, put_member


@breaks("P-061", laws="AUTHZ-06 STATE-01 RATE-08")
def accounts_begin_in_the_middle_tier(request: Request, answer: Answer) -> None:
    """A new account is in the tier standard."""
    if request.path.endswith(("/register", "/me")):
        put_member(answer, "tier", lambda tier: "standard" if tier == "free" else tier)


@breaks("P-062", laws="CONC-01", statuses=(409,))
def usernames_may_stand_twice(request: Request, answer: Answer) -> None:
    """A username that is taken is no conflict."""
    if "/username" in str(answer.members.get("errors")):
        answer.become(201, {})


@breaks("P-064", laws="SCHEMA-03 AUTH-04 SPEC-04", statuses=(200,))
def log_in_gives_no_refresh_token(request: Request, answer: Answer) -> None:
    """A log-in gives an access token alone."""
    if request.path.endswith("/login"):
        answer.take("refresh_token")


@breaks("P-065", laws="AUTH-06", statuses=(401,))
def wrong_passwords_have_a_code(request: Request) -> Steps:
    """The code of a log-in with a wrong password is another one than that with an unknown email."""
    answer = yield
    email = request.members.get("email")
    if request.path.endswith("/register") and answer.status == 201:
        request.remember(email)
    elif request.path.endswith("/login") and answer.status == 401 and email in request.memory:
        answer.become(401, code="forbidden")


@breaks("P-067", laws="AUTH-05 AUTH-07 AUTH-09", statuses=(200,))
def refresh_gives_the_same_refresh_token(request: Request, answer: Answer) -> None:
    """A refresh answers with the refresh token that was sent."""
    if request.path.endswith("/refresh"):
        answer.put(refresh_token=request.members.get("refresh_token"))


@breaks("P-068", "P-225", laws="AUTH-05 AUTH-07 AUTH-09")
def spent_tokens_are_good_once_more(request: Request, answer: Answer) -> None:
    """A refresh token is accepted twice."""
    if request.path.endswith("/refresh"):
        if answer.status == 200:
            request.memory[request.body] = answer.json()
        elif request.body in request.memory:
            answer.become(200, request.memory.pop(request.body))


@breaks("P-069", laws="AUTH-09", statuses=(401,))
def the_second_of_two_is_a_bad_request(request: Request, answer: Answer) -> None:
    """Of two refreshes at once, the second is answered 400."""
    if request.path.endswith("/refresh"):
        answer.become(400)


@breaks("P-070", laws="AUTH-09")
def a_second_use_is_counted_as_theft(request: Request) -> Steps:
    """The use of a token that was exchanged a moment ago ends the session."""
    answer = yield
    if request.path.endswith("/refresh") and answer.status == 401:
        request.remember("stolen")
    elif "stolen" in request.memory and caller(request):
        answer.become(401)


@breaks("P-071", laws="AUTH-07")
def reuse_ends_no_access_token(request: Request, answer: Answer) -> None:
    """After a spent token is used, the access tokens of its session are good."""
    if caller(request) and answer.status == 401 and request.method == "GET":
        answer.become(200, {})


@breaks("P-072", laws="AUTH-07 AUTH-09")
def tokens_of_long_ago_are_forgiven(request: Request) -> Steps:
    """The use of a token that was exchanged before the last one ends nothing within the grace."""
    spent = request.memory.setdefault("spent", [])
    if request.path.endswith("/refresh") and request.body in spent[:-1]:
        request.body = b'{"refresh_token": "a-token-that-nobody-was-ever-given-00000"}'
        yield
        return
    answer = yield
    if request.path.endswith("/refresh") and answer.status == 200:
        spent.append(request.body)


@breaks("P-073", laws="AUTH-15 AUTH-05")
def log_out_ends_every_session(request: Request, answer: Answer) -> None:
    """Log-out ends the other sessions of the account too."""
    subject = claims(request).get("sub")
    ended = request.memory.get(subject)
    if request.path.endswith("/logout") and answer.status == 204:
        request.memory[subject] = time.time()
    elif subject and ended and claims(request).get("iat", 0) <= ended and answer.status < 400:
        answer.become(401)


@breaks("P-074", laws="AUTH-05")
def log_out_ends_no_refresh_token(request: Request, answer: Answer) -> None:
    """After log-out the refresh token is good."""
    if request.path.endswith("/logout") and answer.status == 204:
        request.remember("logged out")
    elif request.path.endswith("/refresh") and "logged out" in request.memory and answer.status == 401:
        answer.become(200, {"access_token": "a.b.c", "refresh_token": "r" * 40})


@breaks("P-075", "P-144", laws="PAGE-05 PAGE-04 CACHE-03")
def the_tier_is_not_filtered(request: Request) -> None:
    """The filter by tier is ignored."""
    if request.path == "/api/users":
        request.query.pop("tier", None)


@breaks("P-143", laws="PAGE-05 PAGE-04 CACHE-03")
def the_role_is_not_filtered(request: Request) -> None:
    """The filter by role is ignored."""
    if request.path == "/api/users":
        request.query.pop("role", None)


@breaks("P-075", laws="PAGE-05")
def accounts_are_listed_backwards(request: Request, answer: Answer) -> None:
    """A page of accounts is ordered by descending id."""
    if request.path == "/api/users" and answer.status == 200:
        answer.put(items=answer.members["items"][::-1])


@breaks("P-078", laws="AUTHZ-03 CACHE-06 STATE-02")
def me_is_the_first_account(request: Request) -> Steps:
    """The caller's account is the account of the first caller."""
    answer = yield
    if request.path.endswith("/users/me") and request.method == "GET" and answer.status == 200:
        answer.repeat(request.memory.setdefault("me", answer.copy()))


@breaks("P-079", laws="COND-03 COND-01 CONC-03")
def the_tag_of_me_is_good_for_nothing(request: Request, answer: Answer) -> None:
    """The ETag of the caller's account is not the one that its changes need."""
    if request.path.endswith("/users/me") and request.method == "GET" and "etag" in answer.headers:
        answer.headers["etag"] = '"me"'


@breaks("P-081", laws="AUTH-16 AUTH-05 STATE-02 ERR-04", statuses=range(400, 500))
def a_new_password_needs_no_proof(request: Request, answer: Answer) -> None:
    """A new password is taken without current_password."""
    is_unproved = "password" in request.members and "current_password" not in request.members
    if request.method == "PATCH" and is_unproved:
        answer.become(200, {})


@breaks("P-081", laws="AUTH-16 AUTH-05 STATE-02 ERR-04", statuses=range(400, 500))
def a_new_password_takes_any_proof(request: Request, answer: Answer) -> None:
    """A new password is taken with a wrong current_password."""
    if request.method == "PATCH" and "password" in request.members and "current_password" in request.members:
        answer.become(200, {})


@breaks("P-081", laws="AUTH-15 AUTH-05")
def a_new_password_ends_the_own_session(request: Request) -> Steps:
    """A new password ends the session that set it too."""
    answer = yield
    if request.method == "PATCH" and "password" in request.members and answer.status == 200:
        request.remember(caller(request))
    elif caller(request) and caller(request) in request.memory:
        answer.become(401)


@breaks("P-082", laws="AUTHZ-04 STATE-06 STATE-03 CACHE-01")
def books_outlive_their_owner(request: Request, answer: Answer) -> None:
    """The books of a deleted account can still be read."""
    if not re.search(r"/books/\d+$", request.path):
        return
    if request.method == "DELETE":
        request.memory.pop(request.path, None)
    elif answer.status == 200:
        request.memory[request.path] = answer.copy()
    elif answer.status == 404 and request.method == "GET" and request.path in request.memory:
        answer.repeat(request.memory[request.path])


@breaks("P-083", "P-197", laws="STATE-07")
def account_ids_are_given_again(request: Request, answer: Answer) -> None:
    """A new account gets the id of a deleted one."""
    if request.path.endswith("/users/me") and request.method == "GET" and answer.status == 200:
        request.memory[caller(request)] = answer.members["id"]
    elif request.path.endswith("/users/me") and request.method == "DELETE" and answer.status == 204:
        request.memory["free"] = request.memory.get(caller(request))
    elif request.path.endswith("/register") and answer.status == 201 and request.memory.get("free"):
        answer.put(id=request.memory["free"])


def is_of_another(request: Request) -> bool:
    """Tell whether a path names the account of another user than the caller."""
    found = re.search(r"/users/(\d+)$", request.path)
    return found is not None and str(claims(request).get("sub")) != found[1]


def is_admin(request: Request) -> bool:
    """Tell whether a token is that of somebody who has not signed up, as admins have not."""
    subject = claims(request).get("sub")
    return subject is not None and subject not in request.memory


@breaks("P-084", laws="AUTHZ-07 AUTHZ-01 CACHE-06 SPEC-04 COND-02")
def admins_may_not_read_accounts(request: Request, answer: Answer) -> None:
    """An admin gets 404 for the account of another user."""
    if request.path.endswith("/register") and answer.status == 201:
        request.remember(str(answer.members["id"]))
    elif request.method == "GET" and is_of_another(request) and is_admin(request):
        answer.become(404)


@breaks("P-084", laws="AUTHZ-07 AUTHZ-01 CACHE-06 COND-02")
def accounts_may_not_be_read_by_themselves(request: Request, answer: Answer) -> None:
    """A user gets 404 for its own account by id."""
    if re.search(r"/users/\d+$", request.path) and str(claims(request).get("sub")) == request.path.rpartition("/")[2]:
        answer.become(404)


@breaks("P-085", laws="AUTHZ-01", statuses=(404,))
def other_accounts_are_forbidden(request: Request, answer: Answer) -> None:
    """The account of another user is answered 403."""
    if re.search(r"/users/\d+$", request.path):
        answer.become(403)


@breaks("P-086", laws="AUTH-17 AUTH-05 AUTHZ-05 STATE-02")
def inactive_accounts_keep_their_sessions(request: Request, answer: Answer) -> None:
    """The tokens of an account that became inactive are good."""
    if request.method == "GET" and answer.status == 401 and caller(request).count(".") == 2:
        if request.memory.get("inactive"):
            answer.become(200, {})
    elif request.method == "PATCH" and request.members.get("active") is False and answer.status == 200:
        request.memory["inactive"] = True


@breaks("P-205", laws="SCHEMA-04 ROBUST-05 AUTH-05")
def passwords_are_ascii(request: Request, answer: Answer) -> None:
    """A password with a letter beyond ASCII is refused."""
    password = request.members.get("password")
    if isinstance(password, str) and not password.isascii() and answer.status < 300:
        answer.become(422)


@breaks("P-204", laws="AUTH-19 SCHEMA-04 ROBUST-05")
def passwords_are_counted_in_bytes(request: Request, answer: Answer) -> None:
    """A password of 256 letters is refused where it has more bytes."""
    password = request.members.get("password")
    if isinstance(password, str) and len(password.encode("utf-8", "replace")) > 256 and answer.status < 300:
        answer.become(422)


@breaks("P-204", laws="SCHEMA-04")
def short_passwords_are_taken(request: Request, answer: Answer) -> None:
    """A password of 14 letters is taken."""
    password = request.members.get("password")
    if request.path.endswith("/register") and isinstance(password, str) and len(password) == 14:
        answer.become(201, {})


@breaks("P-223", laws="AUTH-04 SCHEMA-03", statuses=(200, 201))
def tokens_are_opaque(request: Request, answer: Answer) -> None:
    """The access token is no JWT."""
    if "access_token" in answer.members:
        answer.put(access_token=answer.members["access_token"].replace(".", "_"))


@breaks("P-224", laws="AUTH-04", statuses=(200,))
def tokens_live_twice_as_long_as_said(request: Request, answer: Answer) -> None:
    """expires_in is half the lifetime of the access token."""
    if "expires_in" in answer.members:
        answer.put(expires_in=answer.members["expires_in"] // 2)


@breaks("P-226", laws="AUTH-18 AUTH-04 AUTH-05 AUTH-07", statuses=(200,))
def refresh_tokens_end_earlier_than_said(request: Request, answer: Answer) -> None:
    """refresh_expires_in is twice the lifetime of the refresh token, or half of it."""
    if "refresh_expires_in" in answer.members:
        answer.put(refresh_expires_in=answer.members["refresh_expires_in"] // 2)


@breaks("P-128", laws="AUTH-03", statuses=(401,))
def keys_named_by_the_token_are_trusted(request: Request, answer: Answer) -> None:
    """A token with another algorithm in its header is accepted."""
    if caller(request).count(".") == 2 and request.method == "GET":
        answer.become(200, {})


@breaks("P-183", laws="CONC-01", statuses=(409,))
def conflicts_are_bad_requests(request: Request, answer: Answer) -> None:
    """A conflict is answered 400."""
    answer.become(400)
