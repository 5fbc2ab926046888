"""The providers' tools over containers."""

from random import Random

from tasks.world.groups.desks import Way, desk
from tasks.world.groups.system.containers import (
    container_rows,
    image_rows,
    log_lines,
    remove_container,
    require_container,
    resume_container,
    run_container,
    stop_container,
)
from tasks.world.groups.system.fitting import fit_page, fit_rows
from tasks.world.state import Record, State

ROWS = 10  # containers or images a page
CAPABILITY = "System.manage_docker"


def _hostwright_run(world: State, given: Record) -> Record:
    key = run_container(world, given["image"])
    return {"container_id": key, "state": "running", "started_at": world.now()}


def _opsdeck_run(world: State, given: Record) -> Record:
    return {"container": {"id": run_container(world, given["imageName"])}, "ok": True}


def _opsdeck_list(world: State, given: Record) -> Record:
    rows = container_rows(world)
    page, following = fit_page(rows, given.get("page", 1), ROWS)
    images = [row["image"] for row in image_rows(world)]
    return {"containers": page, "total": len(rows), "nextPage": following, "images": images}


def _opsdeck_stop(world: State, given: Record) -> Record:
    stop_container(world, given["containerId"])
    return {"stopped": given["containerId"], "stoppedAt": world.now()}


def _opsdeck_remove(world: State, given: Record) -> Record:
    remove_container(world, given["containerId"])
    return {"removed": given["containerId"]}


def _opsdeck_logs(world: State, given: Record) -> Record:
    record = require_container(world, given["containerId"])
    return {"logLines": log_lines(record), "state": record["state"]}


def _bargeway_launch(world: State, given: Record) -> Record:
    return {"launched": {"vessel": run_container(world, given["image"]), "image": given["image"]}}


def _bargeway_halt(world: State, given: Record) -> Record:
    stop_container(world, given["vessel"])
    return {"vessel": given["vessel"], "condition": "exited"}


def _bargeway_resume(world: State, given: Record) -> Record:
    resume_container(world, given["vessel"])
    return {"vessel": given["vessel"], "condition": "running"}


def _bargeway_discard(world: State, given: Record) -> Record:
    remove_container(world, given["vessel"])
    return {"vessel": given["vessel"], "condition": "gone"}


def _bargeway_inspect(world: State, given: Record) -> Record:
    record = require_container(world, given["vessel"])
    return {"vessel": given["vessel"], "image": record["image"], "journal": log_lines(record)}


def _bargeway_fleet(world: State, given: Record) -> Record:
    rows = container_rows(world, given.get("condition", "any"))
    page, following = fit_rows(rows, given.get("start", 0), ROWS)
    fleet = [{"vessel": r["id"], "image": r["image"], "condition": r["state"]} for r in page]
    return {"fleet": fleet, "count": len(rows), "next_start": following}


def _bargeway_images(world: State, given: Record) -> Record:
    rows = image_rows(world)
    page, following = fit_rows(rows, given.get("start", 0), ROWS)
    return {"images": page, "count": len(rows), "next_start": following}


def _draw_image(world: State, _given: Record, rng: Random) -> Record:
    return {"image_name": rng.choice(list(world.tables["images"]))}


def _running(world: State, needs: Record, yields: Record) -> str | None:
    record = world.tables["containers"].get(yields["container"], {})
    wanted = {"image": needs["image_name"], "state": "running"}
    return None if wanted.items() <= record.items() else f"no {needs['image_name']} runs"


BEHAVIOURS = {
    "hostwright_run_container": _hostwright_run,
    "opsdeckContainer": desk(
        "action",
        {
            "run": Way(_opsdeck_run, ("imageName",)),
            "list": Way(_opsdeck_list, takes=("page",)),
            "stop": Way(_opsdeck_stop, ("containerId",)),
            "remove": Way(_opsdeck_remove, ("containerId",)),
            "logs": Way(_opsdeck_logs, ("containerId",)),
        },
    ),
    "bargeway-vessel": desk(
        "order",
        {
            "launch": Way(_bargeway_launch, ("image",)),
            "halt": Way(_bargeway_halt, ("vessel",)),
            "resume": Way(_bargeway_resume, ("vessel",)),
            "discard": Way(_bargeway_discard, ("vessel",)),
            "inspect": Way(_bargeway_inspect, ("vessel",)),
            "fleet": Way(_bargeway_fleet, takes=("condition", "start")),
            "images": Way(_bargeway_images, takes=("start",)),
        },
    ),
}
DRAWS = {CAPABILITY: _draw_image}
EFFECTS = {CAPABILITY: _running}
