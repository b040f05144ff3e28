"""What POST /api/public/ingestion does with a batch, and the shapes in which traces come back."""
import datetime
import uuid

KINDS = {"trace-create": "trace", "score-create": "score", "sdk-log": "log"}
OBSERVATIONS = {"span": "SPAN", "generation": "GENERATION", "event": "EVENT", "observation": "SPAN"}


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _complaint(event):
    """Why an event is refused, None when it is well formed."""
    if not isinstance(event, dict):
        return "Expected object"
    for name, kind in (("id", str), ("timestamp", str), ("type", str), ("body", dict)):
        if not isinstance(event.get(name), kind):
            return f"{name}: Required"
    if event["type"] not in KINDS and _observation(event["type"]) is None:
        return f"Invalid discriminator value: {event['type']}"
    return None


def _observation(event_type):
    """(kind of observation, whether it is an update) for span-create, generation-update and so on."""
    what, _, verb = event_type.partition("-")
    return OBSERVATIONS.get(what) if verb in ("create", "update") else None


def _apply(store, project, event):
    """Carries an event out. Returns whether its record is this project's."""
    body = {name: value for name, value in event["body"].items() if value is not None}
    key = body.pop("id", None) or str(uuid.uuid4())
    kind = KINDS.get(event["type"], "observation")
    if kind == "log":
        return True
    if kind == "trace":
        body.setdefault("timestamp", event["timestamp"])
        return store.put("trace", key, project, body)
    if kind == "observation":
        body.setdefault("startTime", event["timestamp"])
        if not event["type"].startswith("observation-"):
            body["type"] = _observation(event["type"])
        if not body.get("traceId") and not store.get("observation", key):  # an observation alone makes its trace
            body["traceId"] = key
    if body.get("traceId") and not store.get("trace", body["traceId"]):
        store.put("trace", body["traceId"], project, {"timestamp": event["timestamp"]})
    return store.put(kind, key, project, body)


def ingest(store, project, batch):
    """(successes, errors), each named by the event's id."""
    successes, errors = [], []
    for event in batch:
        key = event.get("id") if isinstance(event, dict) and isinstance(event.get("id"), str) else "unknown"
        complaint = _complaint(event)
        if complaint:
            errors.append({"id": key, "status": 400, "message": "Invalid request data", "error": complaint})
        elif _apply(store, project, event):
            successes.append({"id": key, "status": 201})
        else:
            errors.append({"id": key, "status": 401, "message": "Authentication error",
                           "error": "Access denied for this id"})
    return successes, errors


def observation(project, key, data):
    return {"parentObservationId": None, "name": None, "input": None, "output": None, "metadata": None,
            "level": "DEFAULT", "statusMessage": None, "version": None, "model": None, "modelParameters": None,
            "endTime": None, "completionStartTime": None, "promptId": None, "usage": {"unit": "TOKENS"}, "latency": 0,
            "calculatedInputCost": 0, "calculatedOutputCost": 0, "calculatedTotalCost": 0, **data, "id": key,
            "projectId": project}


def trace(store, project, key, data, whole=True):
    """As GET /api/public/traces/{id} answers; the list has ids where that has observations and scores."""
    shown = {"name": None, "userId": None, "sessionId": None, "metadata": None, "input": None, "output": None,
             "tags": [], "release": None, "version": None, "public": False, "bookmarked": False, **data, "id": key,
             "projectId": project, "externalId": None, "createdAt": data["timestamp"], "updatedAt": data["timestamp"],
             "htmlPath": f"/project/{project}/traces/{key}", "latency": 0, "totalCost": 0}
    for kind in ("observation", "score"):
        mine = [(at, item) for at, item in store.list(kind, project) if item.get("traceId") == key]
        if not whole:
            shown[kind + "s"] = [at for at, _ in mine]
        elif kind == "observation":
            shown["observations"] = [observation(project, at, item) for at, item in mine]
        else:
            shown["scores"] = [{"dataType": "NUMERIC", "source": "API", "timestamp": now(), **item, "id": at}
                               for at, item in mine]
    return shown
