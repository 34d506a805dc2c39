#!/usr/bin/env python3
"""Riverside Pharmacy: a whole partner of the remote protocol (docs/remote.md), in Python's standard library alone.

    RIVERSIDE_TOKEN=a-secret-of-yours python3 partner.py [PORT]      # 0, the default, is any free port, which is printed

Its data live in memory. `POST /desk/dispense?patient=r-101&drug=...` is its own counter and no part of the protocol:
something is handed out, and the gateway is told. Before you use any of it: TLS in front of it, and a real database.
"""
import hashlib
import hmac
import json
import os
import sys
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

TOKEN = os.environ.get("RIVERSIDE_TOKEN", "")
SECTIONS = {"DEMOGRAPHICS": ["person"], "ALLERGIES": ["allergy"], "MEDICATIONS": ["fill"]}
MAX_PATIENTS, PAGE, HEARTBEAT_S = 50, 2, 15


def person(ident, family, given, born, sex, phone):
    return {"names": [{"family": family, "given": [given]}], "birthDate": born, "sex": sex,
            "telecom": [{"system": "phone", "value": phone, "usage": "home"}],
            "identifiers": [{"system": "https://riverside.example/patients", "value": ident, "kind": "MR"}]}


def fill(drug, day):
    return {"fill": {"medication": {"drug": {"text": drug}}, "status": "completed", "dispensed": day}}


class Store:
    """What the pharmacy knows. Every row of `rows` names its own patient, as a table of a database would."""

    def __init__(self):
        self.changed = threading.Condition()
        self.boot = f"{time.time_ns():x}"  # event ids of an earlier run must not be taken for ours
        self.last, self.events = 0, deque(maxlen=1000)
        self.people = {"r-101": person("r-101", "Sample", "Rosa", "1958-07-02", "female", "+1 555 0134"),
                       "r-102": person("r-102", "Sample", "Omar", "1991-11-20", "male", "+1 555 0171"),
                       "r-103": person("r-103", "Exempel", "Ines", "2004-02-29", "female", "+1 555 0198")}
        self.rows = [(ident, f"person/{ident}", {"person": who}) for ident, who in self.people.items()]
        self.rows += [("r-101", "fill/7001", fill("Metformin 500 mg tablet", "2026-03-04")),
                      ("r-101", "allergy/12", {"allergy": {"substance": {"text": "Penicillin"}, "criticality": "high"}}),
                      ("r-102", "fill/7002", fill("Sertraline 50 mg tablet", "2026-02-11"))]

    def statements(self, patient, section):
        return [{"subject": owner, "record": {"reference": reference, "fact": fact}}
                for owner, reference, fact in self.rows
                if owner == patient and next(iter(fact)) in SECTIONS[section]]

    def row(self, asked, section):
        if asked["id"] not in self.people:
            return {"id": asked["id"], "status": "not-found"}
        records = self.statements(asked["id"], section)
        etag = hashlib.sha256(json.dumps(records).encode()).hexdigest()[:32]
        if asked.get("ifNoneMatch") == etag:
            return {"id": asked["id"], "status": "unchanged"}
        return {"id": asked["id"], "status": "ok", "complete": True, "etag": etag, "records": records}

    def dispense(self, patient, drug):
        with self.changed:
            reference = f"fill/{7001 + len(self.rows)}"
            self.rows.append((patient, reference, fill(drug, time.strftime("%Y-%m-%d"))))
            self.last += 1  # after the change is there to be fetched
            self.events.append((self.last, "change", {"patient": patient, "sections": ["MEDICATIONS"]}))
            self.changed.notify_all()

    def behind(self, mark):
        """The number behind which to go on, and whether nothing was lost since."""
        boot, _, number = (mark or "").partition("-")
        oldest = self.events[0][0] if self.events else self.last + 1
        known = boot == self.boot and number.isdecimal() and oldest - 1 <= int(number) <= self.last
        return (int(number), True) if known else (self.last, False)


class Partner(BaseHTTPRequestHandler):
    protocol_version, disable_nagle_algorithm = "HTTP/1.1", True

    def do_GET(self):
        self.answer({"/capabilities": self.capabilities, "/roster": self.roster, "/events": self.stream,
                     "/health": lambda: self.send({"status": "up"})})

    def do_POST(self):
        self.answer({"/fetch": self.fetch, "/desk/dispense": self.dispense})

    def answer(self, paths):
        length, url = self.headers.get("Content-Length") or "0", urlsplit(self.path)
        if not length.isdecimal() or int(length) > 1 << 20:
            self.close_connection = True  # what is not read would be taken for the next request
            return self.refuse(400, "bad-request", "A question is not that long.")
        self.body = self.rfile.read(int(length))
        self.query = {name: values[0] for name, values in parse_qs(url.query).items()}
        shown = self.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(shown, f"Bearer {TOKEN}".encode()):
            return self.refuse(401, "unauthorized", "The token is none of ours.")
        if not url.path.startswith("/desk/") and self.headers.get("Caregraph-Protocol") != "1":
            return self.refuse(400, "unsupported-protocol", "Version 1 is spoken here.")
        if url.path not in paths:
            return self.refuse(404, "bad-request", "There is no such path.")
        paths[url.path]()

    def capabilities(self):
        self.send({"protocol": 1, "sections": sorted(SECTIONS), "maxPatients": MAX_PATIENTS, "roster": True, "events": True})

    def fetch(self):
        try:
            asked = json.loads(self.body)
            section, patients = asked["section"], asked["patients"]
            strange = not all(isinstance(text, str) for text in [section, *(patient["id"] for patient in patients)])
        except (ValueError, KeyError, TypeError):
            return self.refuse(400, "bad-request", "This is no question.")
        if strange or not patients or len(patients) > MAX_PATIENTS:
            return self.refuse(400, "too-many-patients", f"Ask about 1 to {MAX_PATIENTS} patients, by their ids.")
        if section not in SECTIONS:
            return self.refuse(404, "unknown-section", "There is no such section.")
        with STORE.changed:
            self.send({"rows": [STORE.row(patient, section) for patient in patients]})

    def roster(self):  # nobody here knows who has changed, so `since` is answered with everybody
        with STORE.changed:
            everybody = sorted(STORE.people.items())
        cursor = self.query.get("cursor", "0")
        if not cursor.isdecimal():
            return self.refuse(400, "bad-request", "The cursor is none of ours.")
        begin = int(cursor)
        page = [{"id": ident, "active": True, "person": who} for ident, who in everybody[begin:begin + PAGE]]
        more = begin + PAGE < len(everybody)
        self.send({"patients": page, "next": str(begin + PAGE) if more else None, "total": len(everybody)})

    def stream(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        with STORE.changed:
            number, resumed = STORE.behind(self.headers.get("Last-Event-ID"))
        news = [(None, "ready", {"resumed": resumed})]
        try:
            while True:
                for ident, name, data in news:
                    mark = f"id: {STORE.boot}-{ident}\n" if ident else ""
                    self.wfile.write(f"{mark}event: {name}\ndata: {json.dumps(data)}\n\n".encode())
                    number = ident or number
                with STORE.changed:
                    due = STORE.changed.wait_for(lambda: STORE.last > number, timeout=HEARTBEAT_S)
                    news = [event for event in STORE.events if event[0] > number]
                if due and news[0][0] != number + 1:
                    return  # too slow: events were lost, and whoever comes back is told so
                if not due:
                    self.wfile.write(b": still there\n\n")
        except OSError:
            pass  # the gateway has gone
        finally:
            self.close_connection = True

    def dispense(self):
        if self.query.get("patient") not in STORE.people or not self.query.get("drug"):
            return self.refuse(404, "bad-request", "Say to whom of ours, and what.")
        STORE.dispense(self.query["patient"], self.query["drug"])
        self.send({})

    def refuse(self, status, code, title):
        problem = {"type": "about:blank", "title": title, "status": status, "code": code}
        self.send(problem, status, "application/problem+json")

    def send(self, value, status=200, kind="application/json"):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code="-", size="-"):  # who was asked about stands in the body, and never here
        asked = [self.command, urlsplit(self.path).path, str(int(code))]
        asked += [self.headers.get(name, "-") for name in ("traceparent", "Caregraph-Purpose", "Caregraph-Deadline-Ms")]
        sys.stderr.write(" ".join(asked) + "\n")  # in one piece, since others log at the same time


if __name__ == "__main__":
    if not TOKEN:
        sys.exit("partner: set RIVERSIDE_TOKEN to a secret that the gateway is given too")
    STORE = Store()
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0), Partner)
    server.daemon_threads = True
    print(f"listening on http://127.0.0.1:{server.server_port}/", flush=True)
    server.serve_forever()
