"""Does freezing in a PyTorch training step skip the work? See docs/skip-check.md. Plain PyTorch; copy this file beside your code.

    from skip_check import check
    print(check(model, step, frozen=["encoder.0", "encoder.1"], optimizer=optimizer))

`step` does one whole training step on the same batch each time it is called: forward, backward, optimizer. `python3 skip_check.py --self-test` shows what each common mistake looks like.
"""
import copy
import sys
from collections import namedtuple

import torch
from torch import nn
from torch.nn.modules.batchnorm import _NormBase
from torch.utils._python_dispatch import TorchDispatchMode

Finding = namedtuple("Finding", "name ok text")        # ok: True, False, or None where it cannot be known


class Report(list):
    """The findings in the order in which they are printed; `ok` where all are."""

    @property
    def ok(self):
        return all(finding.ok for finding in self)

    def __str__(self):
        return "\n".join(f"{ {True: 'ok', False: 'FAIL', None: '?'}[f.ok]:<5}{f.name:<20}{f.text}" for f in self)


class Watch(TorchDispatchMode):
    """What one step does: the graphs that are walked backward, the bytes that they keep, the multiply-adds of matrix products and convolutions in the backward pass."""

    def __init__(self, model, frozen):
        super().__init__()
        self.own = {t.data_ptr() for t in [*model.parameters(), *model.buffers()]}
        self.frozen = {id(p) for p in frozen}
        self.reached, self.useless, self.kept, self.backward_macs = set(), [], {}, 0
        self.seen, self.depth, self.passes = set(), 0, 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = str(func).split(".")[1]
        out = func(*args, **(kwargs or {})) if name != "detach" or torch.is_tensor(args[0]) else args[0]
        if name == "detach" and not torch.is_tensor(out):
            return torch.tensor(out)                   # PyTorch 1.13: a number that the graph keeps, as in x / 3.0, comes or goes as a Python number
        if self.depth:
            if name in ("mm", "bmm"):
                self.backward_macs += out.numel() * args[0].shape[-1]
            elif name in ("addmm", "baddbmm"):
                self.backward_macs += out.numel() * args[1].shape[-1]
            elif name == "convolution":
                self.backward_macs += out.numel() * args[1][0].numel()
            elif name == "convolution_backward":
                self.backward_macs += args[0].numel() * args[2][0].numel() * sum(args[10][:2])
        return out

    def walk(self, roots):
        """Notes the frozen parameters that the graph leads to, and the nodes that lead to nothing that trains."""
        order, stack, leads = [], [root for root in roots if root is not None], {}
        while stack:                                   # without recursion: graphs are deeper than Python's stack
            node = stack.pop()
            if node in leads:
                continue
            leads[node] = None
            order.append(node)
            stack.extend(n for n, _ in node.next_functions if n is not None)

        def to_training(node):                         # depth first, children before parents
            todo = [node]
            while todo:
                n = todo[-1]
                children = [c for c, _ in n.next_functions if c is not None]
                waiting = [c for c in children if leads[c] is None]
                if leads[n] is None and waiting:
                    todo.extend(waiting)
                    continue
                todo.pop()
                if leads[n] is None:
                    leaf = getattr(n, "variable", None)
                    # A leaf that is no parameter, as an input with requires_grad, trains nothing. What a checkpoint recomputes is a graph of its own, walked inside of this backward pass: it and its inputs count as training.
                    trains = leaf is not None and id(leaf) not in self.frozen and (isinstance(leaf, nn.Parameter) or self.depth > 0)
                    leads[n] = any(leads[c] for c in children) or "Checkpoint" in n.name() or trains

        for node in order:
            to_training(node)
            leaf = getattr(node, "variable", None)
            if leaf is not None and id(leaf) in self.frozen:
                self.reached.add(id(leaf))
            elif not leads[node] and leaf is None and node not in self.seen:
                self.seen.add(node)                    # kept, so that no other node gets its identity
                self.useless.append(node.name())

    def pack(self, tensor):
        """Bytes of tensors that the graph keeps alive, once each; weights and buffers are there anyway."""
        if tensor.data_ptr() not in self.own:
            key = (self.passes, tensor.data_ptr())     # memory may be given out again after a backward pass
            self.kept[key] = max(self.kept.get(key, 0), tensor.numel() * tensor.element_size())
        return tensor

    def run(self, step):
        """Runs a step with both ways into the engine watched."""
        backward, grad = torch.autograd.backward, torch.autograd.grad

        def through(inner):
            def call(tensors, *args, **kwargs):
                self.walk([t.grad_fn for t in ([tensors] if torch.is_tensor(tensors) else tensors) if t is not None])
                self.depth += 1
                try:
                    return inner(tensors, *args, **kwargs)
                finally:
                    self.depth -= 1
                    self.passes += 1
            return call

        torch.autograd.backward, torch.autograd.grad = through(backward), through(grad)
        try:
            with self, torch.autograd.graph.saved_tensors_hooks(self.pack, lambda kept: kept):
                step()
        finally:
            torch.autograd.backward, torch.autograd.grad = backward, grad
        if not self.passes:
            raise ValueError("skip_check: step() made no backward pass; expected one whole training step.")
        return self


def bits(tensor):
    return tensor.detach().contiguous().reshape(-1).view(torch.uint8).clone()


def chosen(model, frozen):
    """The frozen parameters by name, and the frozen modules: those named, and those whose own parameters are all frozen."""
    parameters, modules = dict(model.named_parameters()), dict(model.named_modules())
    names, whole = set(), set()
    for asked in frozen:
        if isinstance(asked, str):
            whole |= {m for m in modules if m == asked or m.startswith(asked + ".")}
            found = {n for n in parameters if n == asked or n.startswith(asked + ".")}
        elif isinstance(asked, nn.Module):
            whole |= {n for n, m in modules.items() if any(m is part for part in asked.modules())}
            found = {n for n, p in parameters.items() if any(p is part for part in asked.parameters())}
        else:
            found = {n for n, p in parameters.items() if p is asked}
        if not found:
            raise ValueError(f"skip_check: frozen has {asked if isinstance(asked, str) else type(asked).__name__!r}, which has no parameter of the model; expected names, modules or parameters of it.")
        names |= found
    for name, module in modules.items():
        own = [n for n, p in module.named_parameters(name, recurse=False)]
        if own and names.issuperset(own):
            whole.add(name)
    return {n: parameters[n] for n in sorted(names)}, {n: modules[n] for n in sorted(whole)}


def held(optimizer):
    """State and settings. Not state_dict(), which fails where a parameter was taken out of the optimizer and its state left."""
    return optimizer and ({p: copy.deepcopy(v) for p, v in optimizer.state.items()}, [{k: v for k, v in g.items() if k != "params"} for g in optimizer.param_groups])


def shown(names, most=3):
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def check(model, step, frozen, unfrozen=None, optimizer=None):
    """Runs `step` once as it is and once with nothing frozen, and says what the freeze really skips.

    frozen: names (or their beginnings up to a dot), modules or parameters. unfrozen: the same step with nothing frozen; else `step` with requires_grad set on them.
    Weights, buffers, gradients, modes and random numbers are put back, and the state of `optimizer` where it is given."""
    parameters, modules = chosen(model, frozen)
    names = {id(p): n for n, p in parameters.items()}
    every = [*model.parameters(), *model.buffers()]
    before = [t.detach().clone() for t in every]
    flags = [(p, p.requires_grad, None if p.grad is None else p.grad.clone()) for p in model.parameters()]
    modes, random = [(m, m.training) for m in model.modules()], (torch.get_rng_state(), torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [])
    state = held(optimizer)

    def restore():
        with torch.no_grad():
            for tensor, value in zip(every, before):
                tensor.copy_(value)
        for parameter, flag, gradient in flags:
            parameter.requires_grad_(flag)
            parameter.grad = None if gradient is None else gradient.clone()
        for module, mode in modes:
            module.training = mode
        torch.set_rng_state(random[0])
        if random[1]:
            torch.cuda.set_rng_state_all(random[1])
        if optimizer:
            optimizer.state.clear()
            for parameter, values in state[0].items():
                optimizer.state[parameter] = copy.deepcopy(values)
            for group, values in zip(optimizer.param_groups, state[1]):
                group.update(values)

    norms = {n: m for n, m in modules.items() if isinstance(m, _NormBase)}
    batchwise, statistics = set(), {f"{n}.{b}": (t, bits(t)) for n, m in modules.items() for b, t in m.named_buffers(recurse=False)}
    hooks = [m.register_forward_pre_hook(lambda m, _, n=n: batchwise.add(n) if m.training or m.running_mean is None else None) for n, m in norms.items()]
    weights = {n: bits(p) for n, p in parameters.items()}
    try:
        ours = Watch(model, parameters.values()).run(step)
        moved = [f"{n} (its gradient is {'None' if p.grad is None else 'zeros, not None' if not p.grad.any() else 'not zero'})" for n, p in parameters.items() if not torch.equal(bits(p), weights[n])]
        drifted = [n for n, (t, was) in statistics.items() if not torch.equal(bits(t), was)]
        by_batch = sorted(batchwise)
        restore()
        for parameter in parameters.values():
            parameter.requires_grad_(True)
        full = Watch(model, parameters.values()).run(unfrozen or step)
    finally:
        for hook in hooks:
            hook.remove()
        restore()
    kept, whole = sum(ours.kept.values()), sum(full.kept.values())
    compared = bool(full.reached)
    reached, useless = sorted(names[i] for i in ours.reached), sorted(set(ours.useless))
    return Report([
        Finding("weight gradients", not reached, f"computed for {len(reached)} of {len(parameters)} frozen parameters" + (f": {shown(reached)}" if reached else "")),
        Finding("input gradients", not useless, f"{len(ours.useless)} nodes of the graph lead to nothing that trains" + (f": {shown(useless)}" if useless else "")),
        Finding("saved for backward", kept < whole if compared else None, f"{kept:,} bytes, nothing frozen {whole:,}" if compared else "not known: nothing frozen is reached with requires_grad set either; give unfrozen="),
        Finding("weights", not moved, f"{len(moved)} of {len(parameters)} frozen parameters moved" + (f": {shown(moved)}" if moved else "")),
        Finding("running statistics", not drifted and not by_batch, f"{len(drifted)} of {len(statistics)} buffers of frozen modules moved" + (f": {shown(drifted)}" if drifted else "")
                + (f"; normalised by the batch: {shown(by_batch)}" if by_batch else "")),
        Finding("work, backward", ours.backward_macs < full.backward_macs if compared else None, f"{ours.backward_macs:,} multiply-adds of products and convolutions" + (f", nothing frozen {full.backward_macs:,}" if compared else "")),
    ])


if __name__ == "__main__":
    if sys.argv[1:] != ["--self-test"]:
        sys.exit("usage: skip_check.py --self-test, or in Python: from skip_check import check")
    from skip_check_cases import self_test             # beside this file; only the self-test needs it
    sys.exit(self_test())
