"""The training steps that `freeze bench` times, in PyTorch on a CUDA card: python3 scripts/torch-steps.py. Float32 throughout (no TF32), eager, default layout, one median over 200 steps after 30."""
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


def milliseconds(model, sample, frozen, batch=128):
    for unit in list(model)[:frozen]:
        unit.requires_grad_(False)
        unit.eval()
    x, y = torch.randn(batch, *sample, device="cuda"), torch.randint(10, (batch,), device="cuda")
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], 0.01, momentum=0.9, weight_decay=1e-4)
    times = []
    for step in range(230):
        torch.cuda.synchronize()
        start = time.perf_counter()
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
        torch.cuda.synchronize()
        if step >= 30:
            times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


print(f"PyTorch {torch.__version__}, {torch.cuda.get_device_name()}, float32, batch 128")
for name, build in (("mlp:784,512,512,512,10", lambda: mlp(784, 512, 512, 512, 10)), ("cnn", cnn), ("resnet:20", resnet20)):
    units = len(list(build()[0]))
    for frozen in (0, units // 2):
        torch.manual_seed(1)
        model, sample = build()
        print(f"{name:24}  {frozen:2} of {units:2} frozen  {milliseconds(model.cuda(), sample, frozen):8.3f} ms", flush=True)
