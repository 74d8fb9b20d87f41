#!/usr/bin/env python3
"""How far a criterion is from knowing when each unit could have been frozen: its regret on atlases that `freeze atlas` made. Needs nothing but Python.

  scripts/atlas_score.py ATLAS...                                     every criterion of statistics.csv: the columns without a point
  scripts/atlas_score.py ATLAS... --criterion drift                   one of them; may be repeated
  scripts/atlas_score.py ATLAS... --scores mine.csv                   scores of one's own: run,seed,unit,step and a column each
  scripts/atlas_score.py ATLAS... --function mine.py:score            score(history) of one's own: a unit's rows until now, as dicts; the last is now
Low means finished; a score that is empty or None is no opinion. docs/atlas.md has the definition of regret."""
import argparse, csv, importlib.util, json, math, os, sys

KEYS, CLOCK = ("run", "seed", "unit", "step"), "(clock)"


def rows(path, needed=()):
    """A file's rows; what is wrong with it is said in one line."""
    try:
        with open(path, newline="", encoding="utf-8") as file:
            table = csv.DictReader(file)
            missing = [column for column in needed if column not in (table.fieldnames or [])]
            if missing:
                sys.exit(f"error: '{path}' has no column '{missing[0]}'.")
            return [{k: v if k in ("run", "seed", "kind", "path") else float(v) if v else math.nan for k, v in row.items()} for row in table]
    except OSError as error:
        sys.exit(f"error: '{path}' cannot be read: {error.strerror}.")
    except (ValueError, TypeError) as error:
        sys.exit(f"error: '{path}', line {table.line_num}: {error}.")


def numbers(text):
    try:
        found = [float(number) for number in text.split(",")]
    except ValueError:
        found = [math.nan]
    if not all(map(math.isfinite, found)):
        sys.exit(f"error: --budgets must be numbers joined by ',', as 0.003,0.01,0.03, found '{text}'.")
    return found


def function(text):
    """The function of one's own that FILE:NAME names, and its name."""
    path, _, name = text.rpartition(":")
    if not path or not os.path.isfile(path):
        sys.exit(f"error: --function must be FILE:NAME, as mine.py:score, of a file that is there, found '{text}'.")
    spec = importlib.util.spec_from_file_location("own", path)
    spec.loader.exec_module(module := importlib.util.module_from_spec(spec))
    if not hasattr(module, name):
        sys.exit(f"error: '{path}' has no function '{name}'.")
    return getattr(module, name), name


def read(atlases):
    """The cells and checks of all atlases; each cell counts once."""
    cells, checks, seen = [], {}, set()
    for atlas in atlases:
        own = rows(os.path.join(atlas, "atlas.csv"), (*KEYS, "kind", "steps", "price", "saved"))
        keys = {(cell["run"], cell["seed"], cell["kind"]) for cell in own}
        for run, seed, _ in sorted(keys & seen):
            sys.exit(f"error: '{atlas}': the run '{run}' with seed {seed} is in another of the atlases too; each cell counts once.")
        seen |= keys
        cells += own
        checks.update({tuple(row[k] for k in KEYS): row for row in rows(os.path.join(atlas, "statistics.csv"), KEYS)})
    return cells, checks


def score(cell, histories, column, combine):
    """The cell's score: of the last check at its step or before; of a prefix, its units' together."""
    if column == CLOCK:
        return -cell["step"] / cell["steps"]
    units = [int(cell["unit"])] if cell["kind"] == "each" or combine == "last" else range(int(cell["unit"]) + 1)
    found = []
    for unit in units:
        checks = [row for row in histories.get((cell["run"], cell["seed"], unit), []) if row["step"] <= cell["step"]]
        value = checks[-1].get(column, math.nan) if checks else math.nan
        if value is None or math.isnan(value):
            return math.nan
        found.append(value)
    return sum(found) if combine == "sum" else max(found)


def regret(series, budget):
    """The oracle's saving at a budget, the best threshold's, that threshold, and how many series it overpays."""
    oracle = sum(max([0.0] + [c["saved"] for c in cells if c["price"] <= budget]) for cells in series) / len(series)
    best, threshold, overpaid = 0.0, -math.inf, 0
    for limit in sorted({c["score"] for cells in series for c in cells if math.isfinite(c["score"])}):
        chosen = [c for c in (next((c for c in cells if c["score"] <= limit), None) for cells in series) if c]
        saved = sum(c["saved"] for c in chosen if c["price"] <= budget) / len(series)
        if saved > best:
            best, threshold, overpaid = saved, limit, sum(c["price"] > budget for c in chosen)
    return {"budget": budget, "oracle": oracle, "saved": best, "threshold": threshold if math.isfinite(threshold) else None, "overpaid": overpaid, "regret": oracle - best}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("atlas", nargs="+")
    parser.add_argument("--criterion", action="append", default=[])
    parser.add_argument("--scores")
    parser.add_argument("--function")
    parser.add_argument("--budgets", default="0.003,0.01,0.03", help="what a freeze may cost, in nats")
    parser.add_argument("--combine", choices=["max", "sum", "last"], default="max", help="how the scores of a prefix's units become one; sum for prices in nats")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    budgets, results = numbers(asked.budgets), []
    cells, checks = read(asked.atlas)
    columns = asked.criterion or list(dict.fromkeys(k for row in checks.values() for k in row if k not in (*KEYS, "path", "steps") and "." not in k))
    if asked.scores:
        own = rows(asked.scores, KEYS)
        if not own:
            sys.exit(f"error: '{asked.scores}' has no rows.")
        columns = asked.criterion + [k for k in own[0] if k not in KEYS]
        for row in own:
            checks.setdefault(tuple(row[k] for k in KEYS), {k: row[k] for k in KEYS}).update(row)
    histories = {}
    for row in sorted(checks.values(), key=lambda row: row["step"]):
        histories.setdefault((row["run"], row["seed"], int(row["unit"])), []).append(row)
    if asked.function:
        own, name = function(asked.function)
        columns = asked.criterion + [name]
        for history in histories.values():
            for i, row in enumerate(history):
                row[name] = own(history[: i + 1])
    unknown = [column for column in columns if not any(column in row for row in checks.values())]
    if unknown:
        sys.exit(f"error: the atlas has no column '{unknown[0]}'.")
    series = {}
    for cell in sorted(cells, key=lambda cell: cell["step"]):
        series.setdefault(tuple(cell[k] for k in ("run", "seed", "kind", "unit")), []).append(cell)
    for column in [CLOCK, *columns]:
        scored = [[{**cell, "score": score(cell, histories, column, asked.combine)} for cell in own] for own in series.values()]
        found = [regret(scored, budget) for budget in budgets]
        results.append({"criterion": column, "regret": sum(each["regret"] for each in found) / len(found), "budgets": found})
    results.sort(key=lambda result: result["regret"])
    if asked.json:
        print(json.dumps({"series": len(series), "forks": len(cells), "results": results}, indent=1))
        return
    print(f"{len(series)} series of {len(cells)} forks; saved of full training's operations at a price of at most so many nats")
    print(f"{'':32}" + "".join(f"{budget:>9g}" for budget in budgets) + f"{'regret':>9}")
    print(f"{'(oracle)':32}" + "".join(f"{each['oracle']:9.1%}" for each in results[0]["budgets"]) + f"{0:9.1%}")
    for result in results:
        print(f"{result['criterion']:32}" + "".join(f"{each['saved']:9.1%}" for each in result["budgets"]) + f"{result['regret']:9.1%}")


if __name__ == "__main__":
    main()
