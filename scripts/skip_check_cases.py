"""The self-test of skip_check.py: small models that are frozen properly, and in each of the ways that do not skip the work or do not hold the weights. `python3 skip_check.py --self-test` runs it."""
import torch
from torch import nn

from skip_check import check

GOOD, FROZEN = [True] * 6, ["0", "1"]


class Setting:
    """Two convolutions with batch norm and a head, trained for three steps with momentum and decay, so that the optimizer has a state. The first stage is to be frozen."""

    def __init__(self, make=lambda p: torch.optim.SGD(p, 0.05, momentum=0.9, weight_decay=0.01)):
        torch.manual_seed(1)
        self.model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(64, 3))
        self.x, self.y = torch.randn(8, 1, 8, 8), torch.randint(3, (8,))
        self.prefix, self.rest = self.model[:2], self.model[2:]
        self.optimizer = make(self.model.parameters())
        for _ in range(3):
            self.step()

    def loss(self):
        return nn.functional.cross_entropy(self.model(self.x), self.y)

    def step(self, loss=None, to_none=True):
        self.optimizer.zero_grad(set_to_none=to_none)
        (loss or self.loss)().backward()
        self.optimizer.step()

    def freeze(self, module=None):
        """As it should be done: before the forward pass, without gradients that the optimizer would still see, running moments held."""
        for p in (module or self.prefix).parameters():
            p.requires_grad_(False)
            p.grad = None
        (module or self.prefix).eval()

    def report(self, step, frozen=FROZEN, **more):
        return check(self.model, step, frozen, optimizer=self.optimizer, **more)


def proper():
    s = Setting()
    s.freeze()
    return s.report(s.step)


def proper_adamw():
    s = Setting(lambda p: torch.optim.AdamW(p, 0.01, weight_decay=0.1))
    s.freeze()
    return s.report(s.step)


def middle():
    s = Setting()
    s.freeze(s.model[3:5])
    return s.report(s.step, ["3", "4"])


def after_forward():
    s = Setting()
    s.prefix.eval()

    def loss():
        for p in s.prefix.parameters():
            p.requires_grad_(True)
        found = s.loss()
        s.freeze()
        return found
    return s.report(lambda: s.step(loss))


def zeroed_by_hook():
    s = Setting()
    s.prefix.eval()
    for p in s.prefix.parameters():
        p.register_hook(torch.zeros_like)
    return s.report(s.step)


def rate_zero():
    s = Setting(lambda p: torch.optim.AdamW([{"params": [q]} for q in p], 0.01, weight_decay=0.1))
    s.prefix.eval()
    for group in s.optimizer.param_groups[:4]:
        group["lr"] = 0.0
    return s.report(s.step)


def zeros_not_none(make):
    s = Setting(make) if make else Setting()
    s.prefix.eval()
    for p in s.prefix.parameters():
        p.requires_grad_(False)                        # grad stays, and zero_grad makes zeros of it
    return s.report(lambda: s.step(to_none=False))


def not_detached():
    s = Setting()
    s.prefix.eval()
    s.optimizer.param_groups[0]["params"] = list(s.rest.parameters())
    return s.report(s.step)


def put_back():
    s = Setting()
    s.prefix.eval()

    def step():
        kept = [p.detach().clone() for p in s.prefix.parameters()]
        s.step()
        with torch.no_grad():
            for p, value in zip(s.prefix.parameters(), kept):
                p.copy_(value)
    return s.report(step)


def norm_forgotten():
    s = Setting()
    s.freeze()
    s.model.train()
    return s.report(s.step)


def norm_by_batch():
    s = Setting()
    s.freeze()
    s.model[1].track_running_stats = False             # as Lightning's BaseFinetuning.freeze does
    s.model.train()
    return s.report(s.step)


def input_wants_gradient():
    s = Setting()
    s.freeze()
    s.x.requires_grad_(True)
    return s.report(s.step)


def detached():
    """Cut by detach: the reference step has to be given, since setting requires_grad undoes no detach."""
    s = Setting()
    s.prefix.eval()
    s.optimizer.param_groups[0]["params"] = list(s.rest.parameters())
    return s.report(lambda: s.step(lambda: nn.functional.cross_entropy(s.rest(s.prefix(s.x).detach()), s.y)), unfrozen=s.step)


def detached_without_reference():
    s = Setting()
    s.prefix.eval()
    s.optimizer.param_groups[0]["params"] = list(s.rest.parameters())
    return s.report(lambda: s.step(lambda: nn.functional.cross_entropy(s.rest(s.prefix(s.x).detach()), s.y)))


# What each shows: weight gradients, input gradients, saved for backward, weights, running statistics, work. "any": it depends on the version of PyTorch.
CASES = [
    ("frozen properly", proper, GOOD),
    ("frozen properly, AdamW", proper_adamw, GOOD),
    ("frozen properly, in the middle", middle, [True, True, "any", True, True, True]),
    ("cut by detach, reference given", detached, GOOD),
    ("cut by detach, no reference", detached_without_reference, [True, True, None, True, True, None]),
    ("requires_grad set after the forward pass", after_forward, [False, False, False, True, True, False]),
    ("gradients zeroed by a hook", zeroed_by_hook, [False, False, False, False, True, False]),
    ("rate zero", rate_zero, [False, False, False, True, True, False]),
    ("zeros instead of None, SGD with momentum", lambda: zeros_not_none(None), [True, True, True, False, True, True]),
    ("zeros instead of None, AdamW", lambda: zeros_not_none(lambda p: torch.optim.AdamW(p, 0.01, weight_decay=0.1)), [True, True, True, False, True, True]),
    ("no detach, only out of the optimizer", not_detached, [False, False, False, True, True, False]),
    ("weights put back after the step", put_back, [False, False, False, True, True, False]),
    ("batch norm in training mode", norm_forgotten, [True, True, True, True, False, True]),
    ("batch norm without running moments", norm_by_batch, [True, True, True, True, False, True]),
    ("input with requires_grad", input_wants_gradient, [True, False, "any", True, True, True]),
]


def self_test():
    """Runs all cases; the number of those that came out otherwise than stated."""
    bad = 0
    for name, case, expected in CASES:
        report = case()
        good = all(e == "any" or f.ok is e for e, f in zip(expected, report))
        bad += not good
        print(f"== {name}: {'as stated' if good else f'UNEXPECTED, stated {expected}'}\n{report}\n")
    print(f"PyTorch {torch.__version__}: {len(CASES) - bad} of {len(CASES)} cases as stated")
    return min(bad, 1)
