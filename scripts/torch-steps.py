"""The training steps that `freeze bench` times, in PyTorch on a CUDA card: python3 scripts/torch-steps.py. By default float32 throughout (no TF32), eager, default layout, one median over 200 steps after 30.
--models, --precisions (float32, tf32, bf16 by autocast) and --compile (torch.compile beside eager) ask for others."""
import argparse
import contextlib
import statistics
import time

import torch
from torch import nn

torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))
        self.second = nn.Sequential(nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs))
        self.skip = nn.Identity() if stride == 1 and inputs == outputs else nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        return torch.relu_(self.second(self.first(x)) + self.skip(x))


def mlp(*widths):
    layers = [nn.Sequential(nn.Linear(a, b), nn.ReLU(inplace=True)) for a, b in zip(widths, widths[1:-1])]
    return nn.Sequential(*layers, nn.Linear(widths[-2], widths[-1])), (widths[0],)


def cnn():
    def stage(a, b):
        return nn.Sequential(nn.Conv2d(a, b, 3, 1, 1), nn.ReLU(inplace=True), nn.MaxPool2d(2))
    return nn.Sequential(stage(1, 32), stage(32, 64), nn.Sequential(nn.Flatten(), nn.Linear(3136, 128), nn.ReLU(inplace=True)), nn.Linear(128, 10)), (1, 28, 28)


def resnet20():
    stem = nn.Sequential(nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(inplace=True))
    widths = [16, 16, 16, 16, 32, 32, 32, 64, 64, 64]
    blocks = [Block(a, b, 1 if a == b else 2) for a, b in zip(widths, widths[1:])]
    return nn.Sequential(stem, *blocks, nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))), (3, 32, 32)


class Text(nn.Module):
    """transformer:128,4,4,64: norms before, packed projections, the mean of the places."""

    def __init__(self, width=128, layers=4, heads=4, tokens=64, vocabulary=1000, classes=10):
        super().__init__()
        self.tokens, self.places = nn.Embedding(vocabulary, width), nn.Embedding(tokens, width)
        block = nn.TransformerEncoderLayer(width, heads, 4 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True)
        self.blocks = nn.TransformerEncoder(block, layers, norm=nn.LayerNorm(width), enable_nested_tensor=False)
        self.head = nn.Linear(width, classes)

    def forward(self, ids):
        return self.head(self.blocks(self.tokens(ids) + self.places.weight).mean(1))


def transformer():
    return Text(), None


def milliseconds(model, sample, frozen, batch=128, precision="float32", compiled=False):
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = precision == "tf32"
    if frozen:
        for unit in list(model)[:frozen]:
            unit.requires_grad_(False)
            unit.eval()
    x = torch.randn(batch, *sample, device="cuda") if sample else torch.randint(1000, (batch, 64), device="cuda")
    y = torch.randint(10, (batch,), device="cuda")
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(trained, 0.01, momentum=0.9, weight_decay=1e-4) if sample else torch.optim.AdamW(trained, 1e-4)
    run = torch.compile(model) if compiled else model
    times = []
    for step in range(230):
        torch.cuda.synchronize()
        start = time.perf_counter()
        optimizer.zero_grad()
        with torch.autocast("cuda", torch.bfloat16) if precision == "bf16" else contextlib.nullcontext():
            loss = nn.functional.cross_entropy(run(x), y)
        loss.backward()
        optimizer.step()
        torch.cuda.synchronize()
        if step >= 30:
            times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


MODELS = {"mlp": ("mlp:784,512,512,512,10", lambda: mlp(784, 512, 512, 512, 10)), "cnn": ("cnn", cnn), "resnet": ("resnet:20", resnet20), "transformer": ("transformer:128,4,4,64", transformer)}
parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--models", default="mlp,cnn,resnet")
parser.add_argument("--precisions", default="float32")
parser.add_argument("--compile", action="store_true")
asked = parser.parse_args()
print(f"PyTorch {torch.__version__}, {torch.cuda.get_device_name()}, {asked.precisions}, batch 128")
for name, build in (MODELS[model] for model in asked.models.split(",")):
    for precision in asked.precisions.split(","):
        for compiled in (False, True) if asked.compile else (False,):
            first, sample = build()
            units = len(list(first)) if isinstance(first, nn.Sequential) and not asked.compile else 1
            for frozen in (0, units // 2) if units > 1 else (0,):
                torch.manual_seed(1)
                model, sample = build()
                how = f"{precision}, {'compiled' if compiled else 'eager'}" if asked.compile or precision != "float32" else ""
                print(f"{name:24}  {frozen:2} of {units:2} frozen  {milliseconds(model.cuda(), sample, frozen, precision=precision, compiled=compiled):8.3f} ms  {how}".rstrip(), flush=True)
