"""Saved views: the columns and charts that matter, in the menu Views of an experiment in MLflow's UI.

A saved view is a tag of the experiment, in the form in which the UI keeps one. An MLflow whose UI knows no such views
ignores the tags.
"""

import json
import time
from typing import Any

BEST_FIRST, NEWEST_FIRST = "Best first", "Newest first"

_TAG = "mlflow.sharedViewState."
_HEADLINES = ("f_avg", "skill", "macro_f1", "accuracy")
# Pixels: a name that is cut tells nobody which end of the interval it is.
_WIDTHS = {
    "attributes.`Run Name`": 260,
    "tags.`stance.model`": 120,
    "metrics.`f_avg`": 90,
    "metrics.`interval/f_avg_low`": 140,
    "metrics.`interval/f_avg_high`": 140,
    "metrics.`skill`": 80,
    "metrics.`macro_f1`": 90,
    "metrics.`calibration/ece`": 110,
    "tags.`stance.split`": 100,
    "tags.`stance.seed`": 100,
}
_COLUMNS = [name for name in _WIDTHS if not name.startswith("attributes.")]
# The UI's own name for what has no slash, which it would put last.
_HEADLINE_SECTION = "Model metrics"
_SECTIONS = (_HEADLINE_SECTION, "class", "channel", "calibration", "slice", "interval", "data", "System metrics")


def saved_views() -> dict[str, str]:
    """The tags of an experiment that hold its views."""
    best = _view(BEST_FIRST, order="metrics.`f_avg`", search="attributes.status = 'FINISHED' and metrics.f_avg >= 0")
    # Only by time of creation does the UI show the children of a sweep below their parent.
    newest = _view(NEWEST_FIRST, order="attributes.start_time", search="")
    return {f"{_TAG}stance-best": best, f"{_TAG}stance-newest": newest}


def _view(name: str, *, order: str, search: str) -> str:
    state = {
        "searchFilter": search,
        "orderByKey": order,
        "orderByAsc": False,
        "startTime": "ALL",
        "lifecycleFilter": "Active",
        "datasetsFilter": [],
        "modelVersionFilter": "All Runs",
        "selectedColumns": _COLUMNS,
        "columnOrder": list(_WIDTHS),
        "columnWidths": _WIDTHS,
        "runsHiddenMode": "FIRST_10_RUNS",
        "hideEmptyCharts": True,
        "isAccordionReordered": True,
        "compareRunSections": [{"uuid": f"stance-{name}", "name": name, "display": True} for name in _SECTIONS],
        "compareRunCharts": [_chart(metric) for metric in _HEADLINES],
    }
    now = int(time.time() * 1000)
    return json.dumps({"name": name, "createdAt": now, "updatedAt": now, "state": json.dumps(state)})


def _chart(metric: str) -> dict[str, Any]:
    return {
        "uuid": f"stance-{metric}",
        "type": "BAR",
        "runsCountToCompare": 10,
        "metricSectionId": f"stance-{_HEADLINE_SECTION}",
        "deleted": False,
        "isGenerated": True,
        "displayName": metric,
        "metricKey": metric,
    }
