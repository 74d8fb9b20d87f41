namespace ResearchFreeze.DynamicFreeze;

/// <summary>The parts of <see cref="TorchSchedule"/>'s program that are the same for every run.</summary>
internal static class TorchScheduleText
{
    /// <summary>How it is used, and what the names of units mean.</summary>
    public const string Head = """"

            from schedule import Schedule
            schedule = Schedule()                              # one for a run; Schedule(names={"unit": ["encoder.0", "encoder.1"]}) where your names differ
            for step, (x, y) in enumerate(batches):
                schedule.apply(model, step, optimizer)         # before the forward pass, with the number of steps taken
                optimizer.zero_grad()
                loss(model(x), y).backward()
                with schedule.rates(optimizer):                # needed where rates are scaled: then make the optimizer's groups by schedule.groups(model)
                    optimizer.step()

        A frozen parameter has requires_grad False and no gradient, so the optimizer leaves it alone, and a frozen batch norm is in evaluation mode. What has requires_grad False before the first apply stays so.
        """
        import contextlib

        from torch.nn.modules.batchnorm import _NormBase

        # For each unit, from the input on, the names of its parameters or their beginnings up to a dot; the longest one that fits counts. Every parameter of the model must belong to one unit.

        """";

    /// <summary>What an event is.</summary>
    public const string Events = """
        # (steps taken when it was decided, unit, what): it holds from the next step on. "drop": the optimizer's state of the unit is dropped; "rate", scale: the unit's rate is multiplied with it.

        """;

    /// <summary>The class.</summary>
    public const string Code = """"


        class Schedule:
            """What was frozen when, for one model and one run."""

            def __init__(self, names=None):
                unknown = [unit for unit in names or {} if unit not in UNITS]
                if unknown:
                    raise ValueError(f"schedule: names has {unknown[0]!r}, which is no unit; expected some of {', '.join(UNITS)}.")
                self.names = {**UNITS, **(names or {})}
                empty = [unit for unit, found in self.names.items() if not found]
                if empty:
                    raise ValueError(f"schedule: the names of the parameters of unit {empty[0]!r} are not known; give Schedule(names={{{empty[0]!r}: [...]}}).")
                self.scaled = any(event[2] == "rate" for event in EVENTS)
                self.model = None
                self._begin()

            def apply(self, model, step, optimizer=None):
                """Freezes and thaws as after so many steps. Call it before the forward pass of each step. Gives the units that are frozen."""
                if self.model is not model:
                    self._bind(model)
                if optimizer is None and any(event[2] in ("rate", "drop") for event in EVENTS):
                    raise ValueError("schedule: this one scales rates or drops optimizer state; expected apply(model, step, optimizer), found no optimizer.")
                if self.waiting:
                    raise RuntimeError(f"schedule: the rates of step {self.step} were not used; expected optimizer.step() inside 'with schedule.rates(optimizer):'.")
                if step < self.step:
                    self._begin()
                self.step, self.waiting = step, self.scaled
                while self.at < len(EVENTS) and EVENTS[self.at][0] <= step:
                    when, unit, what, *value = EVENTS[self.at]
                    self.at += 1
                    if what == "freeze":
                        self.frozen.add(unit)
                    elif what == "thaw":
                        self.frozen.discard(unit)
                    elif what == "rate":
                        self.scales[unit] = value[0]
                    elif when == step:                         # a run that goes on has dropped it before
                        for parameter, of in self.parameters.values():
                            if of == unit:
                                optimizer.state.pop(parameter, None)
                for name, (parameter, unit) in self.parameters.items():
                    parameter.requires_grad_(unit not in self.frozen and name not in self.by_hand)
                    if not parameter.requires_grad:
                        parameter.grad = None                  # zeros would still be moved by momentum and decay
                for norm, units in self.norms:
                    if units <= self.frozen:
                        norm.eval()
                        self.held.add(norm)
                    elif norm in self.held:
                        norm.train(model.training)
                        self.held.discard(norm)
                return [unit for unit in UNITS if unit in self.frozen]

            def stopped(self, step):
                """Whether the run's rule had ended it after so many steps."""
                return STOP is not None and step >= STOP

            def groups(self, model):
                """The optimizer's groups of parameters, one for each unit: torch.optim.SGD(schedule.groups(model), lr=0.1)."""
                if self.model is not model:
                    self._bind(model)
                return [{"params": [p for p, of in self.parameters.values() if of == unit]} for unit in UNITS]

            @contextlib.contextmanager
            def rates(self, optimizer):
                """Scales the rates of the optimizer's groups while its step is taken; a rate schedule sees the rates that it set."""
                unit_of = {id(p): unit for p, unit in self.parameters.values()}
                before = [group["lr"] for group in optimizer.param_groups]
                scales = [sorted({self.scales[unit_of[id(p)]] for p in group["params"]}) for group in optimizer.param_groups]
                mixed = [found for found in scales if len(found) > 1]
                if mixed:
                    raise ValueError(f"schedule: a group of the optimizer has units of different rates, {mixed[0]}; expected a group for each unit, as schedule.groups(model) gives them.")
                try:
                    for group, rate, found in zip(optimizer.param_groups, before, scales):
                        group["lr"] = rate * (found[0] if found else 1.0)
                    self.waiting = False
                    yield
                finally:
                    for group, rate in zip(optimizer.param_groups, before):
                        group["lr"] = rate

            def _begin(self):
                self.step, self.at, self.waiting, self.frozen, self.scales = -1, 0, False, set(), dict.fromkeys(UNITS, 1.0)

            def _bind(self, model):
                places = sorted(((place, unit) for unit, found in self.names.items() for place in found), key=lambda pair: -len(pair[0]))

                def unit_of(name):
                    return next((unit for place, unit in places if name == place or name.startswith(place + ".")), None)

                parameters = {name: (p, unit_of(name)) for name, p in model.named_parameters()}
                lost = [name for name, (_, unit) in parameters.items() if unit is None]
                if lost:
                    raise ValueError(f"schedule: parameter {lost[0]!r} belongs to no unit; expected names that begin with {', '.join(place for place, _ in places)}; give Schedule(names=...).")
                for unit, found in self.names.items():
                    if all(of != unit for _, of in parameters.values()):
                        raise ValueError(f"schedule: the model has no parameter of unit {unit!r}; expected names that begin with {', '.join(found)}, found {next(iter(parameters))} and others; give Schedule(names=...).")
                self.parameters, self.model, self.held = parameters, model, set()
                self.by_hand = {name for name, (p, _) in parameters.items() if not p.requires_grad}
                norms = [(m, {unit_of(f"{name}.{own}" if name else own) for own, _ in m.named_parameters(recurse=False)} or {unit_of(name)}) for name, m in model.named_modules() if isinstance(m, _NormBase)]
                self.norms = [(m, units) for m, units in norms if None not in units]

        """";
}
