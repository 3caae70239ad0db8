"""Who treats and is a user of the books: told when that is lost; and what is ours is found again by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import delete, select

from ligament.app.variances import acknowledge
from ligament.store.database.tables import contact_links, document_links
from tests.reconcile.around import employ, rename_user
from tests.reconcile.planting import Scene
from tests.support.stage import stage


def owners(told: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the variances of those who treat, with their states."""
    return [(one["source_id"], one["state"]) for one in told["variances"] if one["kind"] == "owner"]


def test_whoever_is_no_user_any_more_is_told_until_that_is_mended(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    lost, stays = employ(scene, 1), employ(scene, 2)
    scene.stage.invoice()
    scene.stage.sync()
    assert owners(scene.compare()) == []
    rename_user(scene, 1, "elsewhere@clinic.test")
    told = scene.compare()
    assert len(owners(told)) == 1
    one = next(one for one in told["variances"] if one["kind"] == "owner")
    assert one["sentence"].startswith(f"{lost} had the e-mail address of a user of Xero")
    assert (one["needs"], one["state"], one["enters"], one["fix"]) == ("person", "new", "none", None)
    assert not told["balanced"]
    assert stays not in one["sentence"]
    with scene.stage.app() as clinic:
        acknowledge(clinic, one["id"], "left us for another clinic")
    # The match of the day is looked at again by every comparison, and what was lost is remembered over runs.
    scene.stage.pass_time(days=1)
    scene.stage.sync()
    assert owners(scene.compare()) == [(one["source_id"], "known")]
    rename_user(scene, 1, "hands1@clinic.test")
    assert owners(scene.compare()) == []


def test_whoever_never_was_a_user_is_no_difference(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    employ(scene, 1)
    rename_user(scene, 1, "elsewhere@clinic.test")
    scene.stage.invoice()
    scene.stage.sync()
    assert owners(scene.compare()) == []


def test_cross_references_that_were_lost_are_found_again_and_nothing_is_posted_for_it(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    invoice = scene.stage.invoice()
    scene.stage.sync()
    with scene.stage.app() as clinic, clinic.database.writing("test") as connection:
        for table in (document_links, contact_links):
            connection.execute(delete(table))
    told = scene.compare()
    assert told["totals"]["explained"] == "0.00"
    assert not [one for one in told["variances"] if one["needs"] == "person"]
    scene.stage.clear_log()
    scene.stage.sync(full=True)
    assert scene.stage.writes() == []
    with scene.stage.app() as clinic, clinic.database.reading() as connection:
        linked = connection.execute(select(document_links.c.number)).scalars().all()
    assert linked == [f"CLK-{scene.number(invoice)}"]
    scene.stage.invoice(price="40.00")
    scene.stage.sync()
    assert scene.compare()["balanced"]
