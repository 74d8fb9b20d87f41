"""Runs what `freeze export-schedule RUN --to torch` has written against a small model: python3 schedule_cases.py SCHEDULE.py RUN. The run is one of resnet:8 with units by block.

Beside it the run's decision log is read, by other code, and at each step held against what the schedule has done: which parameters want a gradient, which batch norms use their running moments, which weights, moments and
running statistics stay bit for bit the same, at which rates and with which optimizer state the others move."""
import importlib.util
import json
import sys

import torch
from torch import nn


def load(path):
    spec = importlib.util.spec_from_file_location("schedule", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def network():
    """The names of resnet:8's units, and batch norm."""
    def unit(a, b):
        return nn.Sequential(nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU())
    torch.manual_seed(1)
    model = nn.Sequential()
    for name, part in [("stem", unit(1, 4)), ("block1", unit(4, 4)), ("block2", unit(4, 4)), ("block3", unit(4, 4)), ("flat", nn.Flatten()), ("head", nn.Linear(4 * 36, 3))]:
        model.add_module(name, part)
    return model


class Log:
    """What holds after so many steps, from the log's lines."""

    def __init__(self, run):
        first, *self.lines = [json.loads(line) for line in open(f"{run}/decisions.jsonl", encoding="utf-8")]
        self.units = first["units"]
        self.frozen, self.scale = set(), dict.fromkeys(self.units, 1.0)

    def to(self, step):
        """Moves on; gives the units whose optimizer state is dropped at this step."""
        dropped = set()
        while self.lines and self.lines[0]["step"] <= step:
            line = self.lines.pop(0)
            if "rates" in line:
                self.scale.update({self.units[rate["unit"]]: rate["scale"] for rate in line["rates"]})
            elif "check" not in line and line["action"] != "refuse":
                {"freeze": self.frozen.add, "thaw": self.frozen.discard, "adjust": lambda unit: None}[line["action"]](line["path"])
                if "rateScale" in line:
                    self.scale[line["path"]] = line["rateScale"]
                if line.get("stateAction") == "drop":
                    dropped.add(line["path"])
        return dropped


def state(model):
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def repeat(module, run, steps):
    """All steps; the number of frozen units over steps, for the last line."""
    log, model, schedule = Log(run), network(), module.Schedule()
    optimizer = torch.optim.AdamW(schedule.groups(model), lr=0.01, weight_decay=0.1)
    seen, x, y = [], torch.randn(16, 1, 6, 6), torch.randint(3, (16,))
    for step in range(steps):
        dropped = log.to(step)
        schedule.apply(model, step, optimizer)
        for unit in dropped & log.frozen:
            assert not any(p in optimizer.state for p in model.get_submodule(unit).parameters()), f"step {step}: {unit} has optimizer state"
        for name, parameter in model.named_parameters():
            assert parameter.requires_grad == (name.split(".")[0] not in log.frozen), f"step {step}: {name} has requires_grad {parameter.requires_grad}"
        for name, part in model.named_modules():
            if isinstance(part, nn.BatchNorm2d):
                assert part.training == (name.split(".")[0] not in log.frozen), f"step {step}: {name} has training {part.training}"
        before = state(model)
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        with schedule.rates(optimizer):
            for unit, group in zip(log.units, optimizer.param_groups):
                assert abs(group["lr"] - 0.01 * log.scale[unit]) < 1e-9, f"step {step}: {unit} has the rate {group['lr']}"
            optimizer.step()
        assert all(group["lr"] == 0.01 for group in optimizer.param_groups), f"step {step}: rates were not put back"
        for name, value in state(model).items():
            moved = not torch.equal(value, before[name])
            unit = name.split(".")[0]
            assert not moved if unit in log.frozen else moved or log.scale[unit] < 1e-3, f"step {step}: {name} {'moved' if moved else 'stayed'}"
        seen.append(len(log.frozen))
        model.train()                                  # as training loops do each epoch
    return seen


def refusals(module):
    """What cannot be is one line."""
    def fails(call, text):
        try:
            call()
        except (ValueError, RuntimeError) as error:
            assert text in str(error) and "\n" not in str(error), str(error)
        else:
            raise AssertionError(f"expected an error with {text!r}")
    fails(lambda: module.Schedule(names={"nope": ["a"]}), "'nope', which is no unit")
    fails(lambda: module.Schedule().apply(nn.Linear(1, 1), 0, object()), "parameter 'weight' belongs to no unit")
    fails(lambda: module.Schedule().apply(network()[:2], 0, object()), "the model has no parameter of unit 'block2'")
    if any(event[2] == "rate" for event in module.EVENTS):
        model, schedule = network(), module.Schedule()
        optimizer = torch.optim.SGD(model.parameters(), 0.1)
        fails(lambda: schedule.apply(model, 0), "found no optimizer")
        schedule.apply(model, 0, optimizer)
        fails(lambda: schedule.apply(model, 1, optimizer), "the rates of step 0 were not used")


if __name__ == "__main__":
    program, folder = load(sys.argv[1]), sys.argv[2]
    refusals(program)
    count = json.load(open(f"{folder}/summary.json", encoding="utf-8"))["steps"]
    frozen = repeat(program, folder, count)
    print(f"{program.__doc__.splitlines()[0]} {count} steps as in the log, {min(frozen)} to {max(frozen)} units frozen")
