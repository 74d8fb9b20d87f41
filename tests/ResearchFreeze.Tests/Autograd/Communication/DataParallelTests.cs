using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>Gradients of several ranks: which bytes are sent for which flags, what is a parameter's gradient afterwards, and when reductions begin.</summary>
public sealed class DataParallelTests
{
    private const int Features = 6, Samples = 8;

    /// <summary>Every prefix of a network's five parameters pairs, and ten drawn sets.</summary>
    [Fact]
    public void BytesThatAreReducedAreThoseOfTheParametersThatTrain()
    {
        var drawn = new RandomStream(3, "masks");
        bool[][] masks =
        [
            .. Enumerable.Range(0, 6).Select(frozen => Enumerable.Range(0, 6).Select(i => i < frozen).ToArray()),
            .. Enumerable.Range(0, 10).Select(_ => Enumerable.Range(0, 6).Select(i => i < 5 && drawn.NextInt32(2) == 0).ToArray()),
        ];
        var group = new Loopback(2);
        var sent = new List<long>();
        group.Run(ranks =>
        {
            using var device = new CpuDevice(1);
            using Sequential model = Model(device);
            Parameter[] parameters = [.. model.Parameters()];
            using var parallel = new DataParallel(ranks, parameters, new ReduceOptions { BucketBytes = 64 });
            long before = 0;
            foreach (bool[] mask in masks)
            {
                for (int i = 0; i < parameters.Length; i++) parameters[i].IsFrozen = mask[i];
                long expected = parameters.Where(parameter => !parameter.IsFrozen).Sum(parameter => (long)parameter.Shape.Count * sizeof(float));
                ranks.Barrier();
                long reduced = group.ReducedBytes;
                ranks.Barrier();
                Step(model, parallel, ranks.Rank, ranks.Size);
                ranks.Barrier();
                if (ranks.Rank == 0) sent.Add(group.ReducedBytes - reduced - expected);
                long counted = device.Counters.Of(CostKind.Communication).Bytes;
                Assert.Equal((expected, expected), (counted - before, parallel.StepBytes));
                before = counted;
                Assert.All(parameters, parameter => Assert.Equal(parameter.IsFrozen, parameter.Grad is null));
                model.ClearGradients();
            }
        });
        Assert.Equal(Enumerable.Repeat(0L, masks.Length), sent);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public void GradientsAreThoseOfTheWholeBatchWhateverTheRanksHave(int shards)
    {
        float[][] whole = [];
        Loopback.Run(1, ranks => whole = Gradients(ranks, 0, hasSamples: _ => true));
        foreach (int size in (int[])[2, 3, 4])
        {
            Loopback.Run(size, ranks =>
            {
                // With four ranks the last has no samples.
                float[][] found = Gradients(ranks, shards, hasSamples: rank => size < 4 || rank < 3);
                for (int i = 0; i < whole.Length; i++)
                {
                    for (int j = 0; j < whole[i].Length; j++) Assert.Equal(whole[i][j], found[i][j], 1e-5f);
                }
            });
        }
    }

    [Fact]
    public void AParameterWithAGradientOnOneRankOnlyHasItOnAllAndOneWithoutHasNone()
    {
        Loopback.Run(2, ranks =>
        {
            using var device = new CpuDevice(1);
            using Parameter common = Made(device, "common"), one = Made(device, "one"), none = Made(device, "none");
            using var parallel = new DataParallel(ranks, [common, one, none]);
            for (int step = 0; step < 3; step++)
            {
                parallel.BeginStep();
                using (var scope = new Scope())
                {
                    parallel.BeginPass(isLast: true);
                    Tensor loss = ranks.Rank == 1 ? ((common.Value * one.Value) + one.Value).Sum() : (common.Value * 3).Sum();
                    loss.Backward(null, parallel);
                    parallel.EndPass();
                }
                parallel.Reduce();
                Assert.Equal([5, 5], common.Grad!.ToArray());
                Assert.Equal([3, 3], one.Grad!.ToArray());
                Assert.Null(none.Grad);
                foreach (Parameter parameter in (Parameter[])[common, one, none]) parameter.ClearGrad();
            }
        });
    }

    [Fact]
    public void TheOrderIsLearntAsSoonAsTheFirstRankHasSeenItAlsoLate()
    {
        Loopback.Run(2, ranks =>
        {
            using var device = new CpuDevice(1);
            using Parameter first = Made(device, "first"), second = Made(device, "second"), unused = Made(device, "unused");
            using var parallel = new DataParallel(ranks, [second, first, unused]);
            var orders = new List<int[]>();
            for (int step = 0; step < 4; step++)
            {
                parallel.BeginStep();
                // The first rank has no samples in the first step, and a branch is cut in the second.
                if (step > 0 || ranks.Rank == 1)
                {
                    using var scope = new Scope();
                    parallel.BeginPass(isLast: true);
                    (step == 1 ? (first.Value * 3).Sum() : ((first.Value * 3) + second.Value).Sum()).Backward(null, parallel);
                    parallel.EndPass();
                }
                parallel.Reduce();
                orders.Add([.. parallel.ReadyOrder]);
                foreach (Parameter parameter in (Parameter[])[first, second, unused]) parameter.ClearGrad();
            }
            Assert.Equal([[-1, -1, -1], [-1, 0, -1], [1, 0, -1], [1, 0, -1]], orders.Select(order => order.Select((place, i) => place < 0 ? -1 : orders[2].Count(other => other >= 0 && other < place)).ToArray()));
        });
    }

    [Fact]
    public void ReductionsBeginInTheOrderInWhichGradientsBecomeFinalWhileThePassGoesOn()
    {
        var models = new Sequential[2];
        // How many gradients there are as each reduction begins, in the last step.
        int[] there = new int[2 * 6], count = new int[2];
        var group = new Loopback(2);
        group.Starting = (rank, _) => there[(rank * 6) + (count[rank]++ % 6)] = models[rank].Parameters().Count(parameter => parameter.Grad is not null);
        group.Run(ranks =>
        {
            using var device = new CpuDevice(1);
            using Sequential model = models[ranks.Rank] = Model(device);
            using var parallel = new DataParallel(ranks, model.Parameters(), new ReduceOptions { BucketBytes = 1 });
            for (int step = 0; step < 3; step++)
            {
                Step(model, parallel, ranks.Rank, ranks.Size);
                Assert.Equal((6, 6), (parallel.Buckets, parallel.StartedInPass));
                model.ClearGradients();
            }
            // Two parameters a layer: the output layer's are reduced while the others have no gradient yet.
            Assert.Equal([2, 2, 4, 4, 6, 6], there.AsSpan(ranks.Rank * 6, 6).ToArray());
            // The output layer's gradients first.
            Assert.Equal([4, 5], parallel.ReadyOrder.Index().OrderBy(pair => pair.Item).Take(2).Select(pair => pair.Index).Order());
        });
    }

    /// <summary>On a clock that counts operations, with a channel of one reduction at a time that is as slow as the backward pass: what is reduced hides behind it but for the last bucket.</summary>
    [Fact]
    public void AStepTakesTheLongerOfItsBackwardPassAndItsCommunicationAndALastBucket()
    {
        const int Layers = 8, Width = 64, Rows = 16, Steps = 3;
        var devices = new CpuDevice[2];
        var begun = new List<double>();
        double forward = 0, backward = 0;
        long bytes = 0, buckets = 0;
        var group = new Loopback(2);
        group.Starting = (rank, _) =>
        {
            if (rank == 0) lock (begun) begun.Add(BackwardOf(devices[0]));
        };
        group.Run(ranks =>
        {
            using CpuDevice device = devices[ranks.Rank] = new CpuDevice(1);
            using Sequential model = new Sequential([.. Enumerable.Range(0, Layers).Select(i => ($"layer{i}", (Module)new Linear(Width, Width)))]).Initialize(device, 3);
            using var parallel = new DataParallel(ranks, model.Parameters(), new ReduceOptions { BucketBytes = ((Width * Width) + Width) * sizeof(float) });
            for (int step = 0; step < Steps; step++)
            {
                long before = device.Counters.Of(CostKind.Forward).Flops;
                double start = BackwardOf(device);
                if (ranks.Rank == 0) lock (begun) begun.Clear();
                parallel.BeginStep();
                using (new Scope())
                {
                    parallel.BeginPass(isLast: true);
                    model.Forward(Tensor.Full(device, [Rows, Width], 0.1)).Sum().Backward(null, parallel);
                    parallel.EndPass();
                }
                parallel.Reduce();
                model.ClearGradients();
                if (ranks.Rank > 0 || step < Steps - 1) continue;
                (forward, backward) = (device.Counters.Of(CostKind.Forward).Flops - before, BackwardOf(device) - start);
                for (int i = 0; i < begun.Count; i++) begun[i] -= start;
                (bytes, buckets) = (parallel.StepBytes, parallel.Buckets);
            }
        });
        Assert.Equal(buckets, begun.Count);
        Assert.Equal(begun.Order(), begun);
        // As long as the backward pass: the worst case for hiding one behind the other. The network is uniform, and so are its buckets.
        double communication = backward, bucket = communication / buckets, end = 0;
        foreach (double at in begun) end = Math.Max(at, end) + bucket;
        Assert.Equal(Layers * ((Width * Width) + Width) * sizeof(float), bytes);
        Assert.True(forward + end <= forward + (1.1 * Math.Max(backward, communication)) + bucket, $"{end} of {backward}, a bucket takes {bucket}");
        // Without overlap it would not be.
        Assert.True(backward + communication > (1.1 * Math.Max(backward, communication)) + bucket);

        static double BackwardOf(CpuDevice device) => device.Counters.Of(CostKind.InputGradient).Flops + device.Counters.Of(CostKind.WeightGradient).Flops;
    }

    [Fact]
    public void ASteadyStepRentsNoMemoryAndFrozenGradientsGiveTheirsBack()
    {
        Loopback.Run(2, ranks =>
        {
            using var device = new CpuDevice(1);
            using Sequential model = Model(device);
            using var parallel = new DataParallel(ranks, model.Parameters());
            Step(model, parallel, ranks.Rank, ranks.Size);
            model.ClearGradients();
            Step(model, parallel, ranks.Rank, ranks.Size);
            model.ClearGradients();
            long bytes = model.Parameters().Sum(parameter => (long)parameter.Shape.Count * sizeof(float));
            Assert.Equal(bytes, device.Counters.Live(MemoryKind.Gradient));
            foreach (Parameter parameter in model.Parameters().Take(4)) parameter.IsFrozen = true;
            Step(model, parallel, ranks.Rank, ranks.Size);
            Assert.Equal(parallel.StepBytes, device.Counters.Live(MemoryKind.Gradient));
            Assert.True(parallel.StepBytes < bytes);
        });
    }

    private static Parameter Made(Device device, string name)
    {
        var parameter = new Parameter(name, [2]);
        parameter.Materialize(device);
        parameter.Set(2, 2);
        return parameter;
    }

    private static Sequential Model(Device device) => new Sequential(("a", new Linear(Features, 5)), ("ta", new Tanh()), ("b", new Linear(5, 4)), ("tb", new Tanh()), ("c", new Linear(4, 3))).Initialize(device, 7);

    private static float[][] Gradients(ICommunicator ranks, int shards, Func<int, bool> hasSamples)
    {
        using var device = new CpuDevice(1);
        using Sequential model = Model(device);
        using var parallel = new DataParallel(ranks, model.Parameters(), new ReduceOptions { Shards = shards });
        int sharing = Enumerable.Range(0, ranks.Size).Count(hasSamples);
        parallel.BeginStep();
        if (hasSamples(ranks.Rank)) Pass(model, parallel, ranks.Rank, sharing);
        parallel.Reduce();
        return [.. model.Parameters().Select(parameter => parameter.Grad!.ToArray())];
    }

    private static void Step(Sequential model, DataParallel parallel, int rank, int ranks)
    {
        parallel.BeginStep();
        Pass(model, parallel, rank, ranks);
        parallel.Reduce();
    }

    /// <summary>The sum of squares over a rank's samples.</summary>
    private static void Pass(Sequential model, DataParallel parallel, int rank, int ranks)
    {
        using var scope = new Scope();
        int from = Samples * rank / ranks, to = Samples * (rank + 1) / ranks;
        float[] values = [.. Enumerable.Range(from * Features, (to - from) * Features).Select(i => MathF.Sin(i))];
        Tensor outputs = model.Forward(Tensor.From(model.Parameters().First().Value.Device, values, [to - from, Features]));
        parallel.BeginPass(isLast: true);
        (outputs * outputs).Sum().Backward(null, parallel);
        parallel.EndPass();
    }
}
