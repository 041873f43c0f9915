"""Faults of what the document says about limits."""

import re
import time

from bookplate.faults import Answer, Request, Steps

from ._written import breaks, caller, is_routed

FIELDS = ("ratelimit", "ratelimit-policy")


def who(request: Request) -> str:
    return caller(request) or request.client


@breaks("P-031", "P-156", laws="RATE-03 RATE-04 RATE-05")
def windows_begin_with_the_minute(request: Request, answer: Answer) -> None:
    """A window ends with the minute of the clock, not so many seconds after its first request."""
    left = 60 - int(time.time()) % 60
    if "w=60" in answer.headers.get("ratelimit-policy", ""):
        answer.edit("ratelimit", r"^([^,]*;t=)\d+", rf"\g<1>{min(left, 31)}")


@breaks("P-156", laws="RATE-03 RATE-04 RATE-05", statuses=range(200, 400))
def the_time_left_is_the_whole_window(request: Request, answer: Answer) -> None:
    """The t of each policy is its whole window, also a minute later."""
    windows = re.findall(r"w=(\d+)", answer.headers.get("ratelimit-policy", ""))
    found = iter(windows)
    if "ratelimit" in answer.headers:
        answer.headers["ratelimit"] = re.sub(r"t=\d+", lambda _: f"t={next(found, 60)}", answer.headers["ratelimit"])


@breaks("P-032", laws="HTTP-01 RATE-04")
def limits_are_three_numbers(request: Request, answer: Answer) -> None:
    """RateLimit has the members limit, remaining and reset of an early draft."""
    answer.edit("ratelimit", r".+", "limit=60, remaining=59, reset=60")


@breaks("P-033", laws="RATE-06 RATE-01", statuses=(429,))
def each_address_of_a_user_has_a_quota(request: Request, answer: Answer) -> None:
    """A user whose quota is spent is admitted from another address."""
    first = request.memory.setdefault(caller(request), request.client)
    if caller(request).count(".") == 2 and first != request.client:
        answer.become(200, {})


@breaks("P-034", laws="RATE-01 RATE-09 CONC-04", statuses=(429,))
def callers_without_a_token_have_no_limit(request: Request, answer: Answer) -> None:
    """A request without a token is never refused for a limit."""
    if not caller(request):
        answer.become(400)


@breaks("P-035", laws="RATE-06 RATE-05", statuses=(429,))
def head_is_free(request: Request, answer: Answer) -> None:
    """HEAD is never refused for a limit."""
    if request.method == "HEAD":
        answer.status = 200


@breaks("P-036", laws="RATE-03 RATE-05 RATE-01")
def each_refusal_begins_a_new_window(request: Request, answer: Answer) -> None:
    """A refused caller that asks again waits for a whole window again."""
    now = time.time()
    if answer.status == 429 and who(request) in request.memory:
        request.memory[who(request)] = now + 60
    elif answer.status == 429:
        request.memory[who(request)] = now + int(answer.headers.get("retry-after", "1"))
    elif request.memory.get(who(request), 0) > now + 1:
        answer.become(429)
        answer.headers["retry-after"] = "60"


@breaks("P-037", "P-157", "P-192", laws="RATE-03 RATE-04", statuses=(429,))
def retry_after_is_too_long_by_half(request: Request, answer: Answer) -> None:
    """Retry-After is half as long again as the policy refuses."""
    answer.headers["retry-after"] = str(int(answer.headers["retry-after"]) * 3 // 2)


@breaks("P-037", "P-157", "P-192", laws="RATE-03 RATE-04", statuses=(429,))
def retry_after_is_too_short_by_a_little(request: Request, answer: Answer) -> None:
    """Retry-After is two seconds earlier than the policy admits a request again."""
    answer.headers["retry-after"] = str(max(1, int(answer.headers["retry-after"]) - 2))


@breaks("P-038", laws="RATE-04 RATE-05 RATE-09")
def default_lacks_a_policy(request: Request, answer: Answer) -> None:
    """What names no policies is announced without the last of the default ones."""
    for field in FIELDS:
        answer.edit(field, r', "reads-day"[^,]*', "")


@breaks("P-039", laws="RATE-09 RATE-04 RATE-01")
def unknown_paths_have_no_limit(request: Request, answer: Answer) -> None:
    """A path that does not exist is never refused, and announces no limit."""
    if not is_routed(request):
        for field in FIELDS:
            answer.headers.pop(field, None)
        if answer.status == 429:
            answer.become(404)


@breaks("P-041", laws="RATE-01 RATE-05", statuses=(429,))
def one_window_with_room_is_enough(request: Request, answer: Answer) -> None:
    """A request is admitted where one of its windows has room."""
    if "," in answer.headers.get("ratelimit", ""):
        answer.become(400)


@breaks("P-042", laws="RATE-07 RATE-05 RATE-01")
def refusals_count_for_no_policy(request: Request, answer: Answer) -> None:
    """What one policy refuses is not counted by the others."""
    spared = request.memory.get(who(request), 0)
    if answer.status == 429:
        request.memory[who(request)] = spared + 1
    if spared and "ratelimit" in answer.headers:
        answer.headers["ratelimit"] = re.sub(
            r'("reads-(?:hour|day)";r=)(\d+)', lambda m: f"{m[1]}{int(m[2]) + spared}", answer.headers["ratelimit"]
        )


@breaks("P-042", laws="RATE-07")
def a_full_list_refuses_items(request: Request) -> Steps:
    """A caller that the policy `lists` refuses may not read items either."""
    answer = yield
    if answer.status == 429:
        request.remember(who(request))
    elif who(request) in request.memory and re.search(r"/books/\d+$", request.path):
        answer.become(429)


@breaks("P-066", laws="RATE-01 CONC-04", statuses=(429,))
def a_sixth_failure_is_admitted(request: Request, answer: Answer) -> None:
    """The account is refused after six failures, not after five."""
    if request.path.endswith("/login") and request.times(request.members.get("email")) == 1:
        answer.become(401)


@breaks("P-066", laws="RATE-07", statuses=(429,))
def the_right_password_is_admitted(request: Request) -> Steps:
    """The right password opens an account that is refused for its failures."""
    answer = yield
    if not request.path.endswith(("/login", "/register")):
        return
    email, password = request.members.get("email"), request.members.get("password")
    if request.path.endswith("/register"):
        request.memory[email] = password
    elif answer.status == 429 and password is not None and request.memory.get(email) == password:
        answer.become(200, {})


@breaks("P-155", laws="RATE-04 RATE-05 RATE-01")
def another_quota_is_announced(request: Request, answer: Answer) -> None:
    """RateLimit-Policy announces one request more than the policy admits."""
    if "ratelimit-policy" in answer.headers:
        field = answer.headers["ratelimit-policy"]
        answer.headers["ratelimit-policy"] = re.sub(r"q=(\d+)", lambda m: f"q={int(m[1]) + 1}", field)


@breaks("P-156", laws="RATE-05 RATE-04")
def one_more_is_announced(request: Request, answer: Answer) -> None:
    """RateLimit announces one request more than is left."""
    if "ratelimit" in answer.headers:
        field = answer.headers["ratelimit"]
        answer.headers["ratelimit"] = re.sub(r"r=(\d+)", lambda m: f"r={int(m[1]) + 1}", field)


@breaks("P-210", laws="RATE-08")
def premium_has_the_quota_of_standard(request: Request, answer: Answer) -> None:
    """The tier premium has the quota of standard."""
    for field in FIELDS:
        # The suite multiplies limits by a thousand where it needs room.
        answer.edit(field, r'("statistics";[qr]=)(1000|999|998)(?=000\b|\b)', r"\g<1>100")
