using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Autograd;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>Norms of all units' parameters taken together: the bits, the counts and the garbage of one after the other.</summary>
[Collection("gpu")]
public sealed class NormQueueTests(GpuFixture fixture)
{
    private const int Rows = 8, Classes = 3, Steps = 4;
    private static readonly int[] Widths = [5, 7, 33, 300, 40, 4, Classes];      // twelve parameters, two of them longer than a chunk of a norm

    [Fact]
    public void OnTheReferenceAndTheCpuTheSumsHaveTheBitsOfNormsOneByOne() => TestDevices.Each(Check);

    [Fact]
    public void OnOpenClTheSumsHaveTheBitsOfNormsOneByOne() => Check(fixture.OpenCl);

    [Fact]
    public void TheWorkIsCountedForItsUnitsAsOneNormAndOneSumEach() => TestDevices.Each(device =>
    {
        using Sequential model = Networks.Mlp(device, Widths);
        using var optimizer = new Sgd(model, new Constant(0.1f));
        using var freeze = new FreezeController(
            model, optimizer, new Watching(new GradientL1(), new WeightNorm(), new WeightDistance()), new Scripted(), options: FreezeOptions.WithoutTriggers with { CheckEvery = 2 });
        Step(model, device, freeze, 0);
        Step(model, device, freeze, 1);
        DeviceCounters counters = device.Counters;
        int parameters = model.Parameters().Count();
        foreach (bool checks in new[] { false, true })
        {
            Networks.Backward(model, device, Rows, Widths[0], Classes);
            long norms = counters.Calls(Primitive.Norm), bytes = counters.CostOf(Primitive.Norm).Bytes, elements = model.Parameters().Sum(parameter => parameter.Shape.Count);
            Cost[] before = [.. freeze.Units.Select(Done)];
            freeze.Step();
            // The optimizer's squares and the gradients' absolutes; at a check the weights' squares, the snapshot's, and the distance, which reads both.
            Assert.Equal(parameters * (checks ? 5 : 2), counters.Calls(Primitive.Norm) - norms);
            Assert.Equal(elements * device.RealSize * (checks ? 6 : 2), counters.CostOf(Primitive.Norm).Bytes - bytes);
            foreach (FreezeUnit unit in freeze.Units)
            {
                // A norm and a sum each; and at a check the gradients' sum copied and cleared, and the snapshots.
                int own = unit.Parameters.Count, expected = 2 * own * (checks ? 4 : 1);
                if (checks) expected += 2 + own;
                Assert.Equal(expected, (Done(unit) - before[unit.Index]).Launches);
            }
        }

        Cost Done(FreezeUnit unit) => counters.Of(unit.Index + 1, CostKind.Statistics);
    });

    [Fact]
    public void ASteadyQueueAllocatesNothing()
    {
        using var device = new CpuDevice(1);
        using var queue = new NormQueue();
        using Tensor values = Tensor.Full(device, [100], 1), sums = Tensor.Zeros(device, [6]);
        TensorRange x = values.Range;
        // The runtime's first, unoptimised tier allocates: wait for the second.
        long bytes = 1, live = 0;
        for (int attempt = 0; attempt < 50 && bytes > 0; attempt++)
        {
            Run();
            long before = GC.GetAllocatedBytesForCurrentThread();
            live = device.Counters.LiveBytes;
            for (int i = 0; i < 20; i++) Run();
            bytes = GC.GetAllocatedBytesForCurrentThread() - before;
            Thread.Sleep(10);
        }
        Assert.True(bytes == 0, $"{bytes} bytes in 20 runs.");
        Assert.Equal(live, device.Counters.LiveBytes);

        void Run()
        {
            for (int i = 0; i < 6; i++) queue.Add(i % 2 == 0 ? NormKind.SquaredL2 : NormKind.L1, x, x, sums.Range.Slice(i, 1), 0, 0);
            queue.Run(device);
        }
    }

    [Fact]
    public void WhatWasAskedForBeforeIsForgottenAndNothingIsNoWork()
    {
        using var device = new CpuDevice(1);
        using var queue = new NormQueue();
        using Tensor values = Tensor.Full(device, [3], 2), sum = Tensor.Full(device, [1], 1);
        queue.Add(NormKind.L1, values.Range, values.Range, sum.Range, 1, 0);
        queue.Clear();
        long calls = device.Counters.TotalCalls;
        queue.Run(device);
        Assert.Equal(calls, device.Counters.TotalCalls);
        for (int i = 0; i < 2; i++) queue.Add(NormKind.L1, values.Range, values.Range, sum.Range, 1, 0);      // the second adds to what the first gave
        queue.Run(device);
        queue.Run(device);
        Assert.Equal([1.0 + 6 + 6], Networks.Values(sum));
    }

    private static void Check(Device device)
    {
        using Sequential model = Networks.Mlp(device, Widths);
        using var optimizer = new Sgd(model, new Constant(0.1f));
        var rule = new Scripted();
        using var freeze = new FreezeController(
            model, optimizer, new Watching(new GradientL1(), new WeightNorm(), new WeightDistance()), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = Steps });
        Tensor[] before = [.. model.Parameters().Select(parameter => Copy(device, parameter.Value))];
        using Tensor scratch = Tensor.Zeros(device, [1]), sums = Tensor.Zeros(device, [freeze.Units.Count * 4]);
        for (int step = 0; step < Steps; step++)
        {
            Networks.Backward(model, device, Rows, Widths[0], Classes, step);
            foreach (FreezeUnit unit in freeze.Units)
            {
                foreach (Parameter parameter in unit.Parameters) Add(NormKind.L1, parameter.Grad!, parameter.Grad!, unit.Index * 4);
            }
            freeze.Step();
        }
        int index = 0;
        foreach (FreezeUnit unit in freeze.Units)
        {
            foreach (Parameter parameter in unit.Parameters)
            {
                Tensor now = parameter.Value, then = before[index++];
                Add(NormKind.SquaredL2, now, now, (unit.Index * 4) + 1);
                Add(NormKind.SquaredDistance, now, then, (unit.Index * 4) + 2);
                Add(NormKind.SquaredL2, then, then, (unit.Index * 4) + 3);
            }
        }
        double[] expected = Networks.Values(sums);
        for (int unit = 0; unit < freeze.Units.Count; unit++)
        {
            Observation found = Assert.Single(rule.History(unit).All);
            double[] values = [.. found.Of("gradient-l1"), .. found.Of("weight-norm"), .. found.Of("weight-distance")];
            Assert.Equal(expected[(unit * 4)..((unit * 4) + 4)], values);
        }
        Assert.All(expected, value => Assert.True(value > 0));
        foreach (Tensor tensor in before) tensor.Dispose();

        void Add(NormKind kind, Tensor x, Tensor y, int place)
        {
            device.Norm(kind, x.Range, y.Range, scratch.Range);
            device.AddScaled(1, scratch.Range, 1, sums.Range.Slice(place, 1));
        }
    }

    private static Tensor Copy(Device device, Tensor value)
    {
        Tensor copy = Tensor.Empty(device, value.Shape);
        device.Copy(value.Range, copy.Range);
        return copy;
    }

    private static void Step(Sequential model, Device device, FreezeController freeze, int index)
    {
        Networks.Backward(model, device, Rows, Widths[0], Classes, index);
        freeze.Step();
    }
}
