"""The tickets: twelve defects."""

from typing import Any

import httpx

from ..defect import Ledger

LEDGER = Ledger()
MARY = {"X-API-Key": "key-of-mary-4711"}
KATE = {"X-API-Key": "key-of-kate-0815"}


def opened(web: httpx.Client, user: dict[str, str] = MARY, **members: Any) -> str:
    """Open a ticket, and return its path."""
    answer = web.post("/tickets", json={"subject": "fire", **members}, headers=user)
    return str(answer.headers["location"])


def listed(web: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    page: list[dict[str, Any]] = web.get("/tickets", params=query, headers=MARY).json()["content"]
    return page


@LEDGER.defect(
    "The messages of a ticket can be read by every customer.",
    "Document: a customer sees the tickets that are theirs, with their messages; all others are answered 404.",
    (
        "ticket = self.ticket(request)\n        return as_json([each for each in self.messages",
        "self.user(request)\n"
        '        ticket = self.tickets.get(request.path_params["ticket_id"]) or self.ticket(request)\n'
        "        return as_json([each for each in self.messages",
    ),
)
def messages_for_everybody(web: httpx.Client) -> bool:
    return web.get(f"{opened(web)}/messages", headers=KATE).status_code == 404


@LEDGER.defect(
    "The report is open to customers.",
    "Document, getReport: for agents alone; customers are answered 403.",
    ("if user != AGENT:", "if not user:"),
)
def report_for_customers(web: httpx.Client) -> bool:
    return web.get("/report", headers=MARY).status_code == 403


@LEDGER.defect(
    "A message of a ticket is found below every ticket.",
    "Document, getMessage: a message of this ticket. Those of other tickets are not for everybody.",
    ('if found is None or found["ticket"] != ticket["id"]:', "if found is None and ticket:"),
)
def message_below_another_ticket(web: httpx.Client) -> bool:
    message = web.post(f"{opened(web)}/messages", json={"text": "help"}, headers=MARY).json()["id"]
    return web.get(f"{opened(web, KATE)}/messages/{message}", headers=KATE).status_code == 404


@LEDGER.defect(
    "Each page begins with the last tickets of the one before.",
    "Document, pageNumber: pages follow one another. totalElements counts the tickets of all pages.",
    ("found[(page - 1) * size : page * size]", "found[(page - 1) * max(1, size - 1) :][:size]"),
)
def pages_overlap(web: httpx.Client) -> bool:
    for _ in range(4):
        opened(web)
    first, second = listed(web, pageSize=2), listed(web, pageSize=2, pageNumber=2)
    return len({each["id"] for each in [*first, *second]}) == 4


@LEDGER.defect(
    "A 404 is sent as plain JSON.",
    "Document, 404: application/problem+json.",
    (
        "fields = raised.headers\n",
        "fields = raised.headers\n"
        "    if raised.status_code == 404:\n"
        '        return as_json({"type": "about:blank", "title": "No", "status": 404, "detail": raised.detail}, 404)\n',
    ),
)
def problem_as_json(web: httpx.Client) -> bool:
    answer = web.get("/tickets/5e0f3f6a-0000-4000-8000-000000000000", headers=MARY)
    return answer.headers["content-type"] == "application/problem+json"


@LEDGER.defect(
    "Priorities are sorted as texts: 10 stands before 9.",
    "Document, listTickets: those with the smallest priority first; the priority is an integer.",
    ('(each[sort], each["created"])', '(str(each[sort]) if sort == "priority" else each[sort], each["created"])'),
)
def sorted_as_text(web: httpx.Client) -> bool:
    opened(web, priority=10)
    opened(web, priority=9)
    return [each["priority"] for each in listed(web, sort="priority")] == [9, 10]


@LEDGER.defect(
    "The filter is ignored where the list is sorted by priority.",
    "Document, state: tickets in this state alone.",
    ("if state is not None:", 'if state is not None and sort == "created":'),
)
def filter_lost_by_sort(web: httpx.Client) -> bool:
    opened(web)
    return listed(web, state="closed", sort="priority") == []


@LEDGER.defect(
    "A closed ticket can be changed.",
    "Document, replaceTicket: a closed ticket stays as it is, and the answer is 409.",
    ('if ticket["state"] == "closed":', 'if ticket["state"] not in STATES:'),
)
def closed_is_changed(web: httpx.Client) -> bool:
    path = opened(web)
    web.post(f"{path}/close", headers=MARY)
    return web.put(path, json={"subject": "new", "priority": 1}, headers=MARY).status_code == 409


@LEDGER.defect(
    "A read by the customer opens a closed ticket again.",
    "Document, closeTicket: closes the ticket for good. RFC 9110, 9.2.1: GET is safe.",
    (
        "ticket = self.ticket(request)\n        return as_json(ticket)\n\n    def replace_ticket",
        "ticket = self.ticket(request)\n"
        "        shown = dict(ticket)\n"
        '        ticket["state"] = "open"\n'
        "        return as_json(shown)\n\n    def replace_ticket",
    ),
)
def read_opens_again(web: httpx.Client) -> bool:
    path = opened(web)
    web.post(f"{path}/close", headers=MARY)
    states = [web.get(path, headers=MARY).json()["state"] for _ in range(2)]
    return states == ["closed", "closed"]


@LEDGER.defect(
    "A text is taken for a number.",
    "Document, Priority: an integer from 1 to 20.",
    (
        "    if type(value) not in (int, float)",
        "    if isinstance(value, str) and value.isdigit():\n"
        "        value = int(value)\n"
        "    if type(value) not in (int, float)",
    ),
)
def number_as_text(web: httpx.Client) -> bool:
    answer = web.post("/tickets", json={"subject": "fire", "priority": "5"}, headers=MARY)
    return answer.status_code == 422


@LEDGER.defect(
    "A refused change is made in part: the subject is new already.",
    "RFC 9110, 15.5: a 4xx says that the request was not carried out. Document: 422, a value is not allowed.",
    (
        'fields = checked(sent(request, body), {"subject", "priority"}, {"subject", "priority"})\n        if',
        "new = sent(request, body)\n"
        '        if isinstance(new.get("subject"), str) and 1 <= len(new["subject"]) <= 200:\n'
        '            ticket["subject"] = new["subject"]\n'
        '        fields = checked(new, {"subject", "priority"}, {"subject", "priority"})\n        if',
    ),
)
def refused_and_stored(web: httpx.Client) -> bool:
    path = opened(web)
    refused = web.put(path, json={"subject": "water", "priority": 99}, headers=MARY)
    return refused.status_code == 422 and web.get(path, headers=MARY).json()["subject"] == "fire"


@LEDGER.defect(
    "A wrong method is refused without saying which are right.",
    "RFC 9110, 15.5.6: a 405 has Allow.",
    ('raise HTTPException(405, "Not here.", {"Allow": ", ".join(methods)})', 'raise HTTPException(405, "Not here.")'),
)
def no_allow(web: httpx.Client) -> bool:
    return "allow" in web.put("/tickets", headers=MARY).headers
