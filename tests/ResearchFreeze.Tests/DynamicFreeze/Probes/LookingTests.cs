using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>Trial steps, probes, observation of outputs, snapshots: they look and leave no trace.</summary>
public class LookingTests
{
    private const int Rows = 8, In = 6, Classes = 3;

    public static TheoryData<string> Looks => ["trial", "outputs", "reference", "probe", "everything"];

    [Theory]
    [MemberData(nameof(Looks))]
    public void LookingLeavesWeightsBuffersOptimizerAndRandomStreamsBitIdentical(string what)
    {
        foreach (Func<Device> make in TestDevices.All)
        {
            foreach (bool adam in new[] { false, true })
            {
                using Device device = make();
                Assert.Equal(Trained(device, adam, null), Trained(device, adam, what));
            }
        }
    }

    [Fact]
    public void ASnapshotRoundTripIsBitIdenticalAndASwapTwiceIsNone()
    {
        foreach (Func<Device> make in TestDevices.All)
        {
            using Device device = make();
            using Sequential model = Noisy(device);
            using var optimizer = new AdamW(model, new Cosine(0.05f, 30));
            using var snapshot = new TrainingSnapshot(model, optimizer);
            Assert.Throws<InvalidOperationException>(snapshot.Restore);
            Train(model, optimizer, device, 0, 4);
            double[] taken = State(model, optimizer);
            snapshot.Take();
            Train(model, optimizer, device, 4, 9);
            double[] later = State(model, optimizer);
            Assert.NotEqual(taken, later);
            snapshot.Swap();
            Assert.Equal(taken, State(model, optimizer));
            snapshot.Swap();
            Assert.Equal(later, State(model, optimizer));
            snapshot.Restore();
            Assert.Equal(taken, State(model, optimizer));
            Train(model, optimizer, device, 4, 9);
            Assert.Equal(later, State(model, optimizer));
        }
    }

    [Fact]
    public void AProbeCountsUnderItsOwnKindAndOnlyThere()
    {
        using Device plain = new ReferenceDevice(), probed = new ReferenceDevice();
        using FreezeLedgerOf without = new(plain, FreezeOptions.WithoutTriggers with { CheckEvery = 2 }), with = new(probed, FreezeOptions.WithoutTriggers with { CheckEvery = 2, ProbeEvery = 1 });
        foreach (CostKind kind in (CostKind[])[CostKind.Forward, CostKind.InputGradient, CostKind.WeightGradient, CostKind.Optimizer])
        {
            Assert.Equal(without.Ledger.Done(kind), with.Ledger.Done(kind));
            Assert.Equal(without.Ledger.Full(kind), with.Ledger.Full(kind));
        }
        Assert.Equal(0, without.Ledger.Done(CostKind.Probe).Flops);
        // Two probes of 4 rows through 5·4 + 4·3 weights: forward, both weight gradients, one input gradient; a frozen unit's too.
        Assert.Equal(2L * 2 * 4 * ((2 * ((5 * 4) + (4 * 3))) + (4 * 3)), with.Ledger.Done(CostKind.Probe).Flops);
    }

    [Fact]
    public void ATrialStepsUpdateCountsAsStatisticsAndNotAsTheOptimizers()
    {
        using Device plain = new ReferenceDevice(), tried = new ReferenceDevice();
        FreezeOptions options = FreezeOptions.WithoutTriggers with { CheckEvery = 2 };
        using FreezeLedgerOf without = new(plain, options), with = new(tried, options, new TaylorImportance());
        foreach (CostKind kind in (CostKind[])[CostKind.Forward, CostKind.InputGradient, CostKind.WeightGradient, CostKind.Optimizer])
        {
            Assert.Equal(without.Ledger.Done(kind), with.Ledger.Done(kind));
            Assert.Equal(without.Ledger.Full(kind), with.Ledger.Full(kind));
        }
        Assert.True(with.Ledger.Done(CostKind.Statistics).Bytes > without.Ledger.Done(CostKind.Statistics).Bytes);
    }

    [Fact]
    public void R18_DropoutRestsInAProbe()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Noisy(device);
        using var scope = new Scope();
        Tensor inputs = Tensor.From(device, Enumerable.Range(0, Rows * In).Select(i => i * 0.1f).ToArray(), [Rows, In]);
        double[] first, second, noisy;
        using (GradMode.Override(_ => true))
        {
            first = Networks.Values(model.Forward(inputs));
            second = Networks.Values(model.Forward(inputs));
        }
        noisy = Networks.Values(model.Forward(inputs));
        Assert.Equal(first, second);
        Assert.NotEqual(first, noisy);
    }

    [Fact]
    public void ATrialStepIsTakenWithNothingFrozenAndFreezesAgain()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, In, 4, Classes);
        using var optimizer = new Sgd(model, new Constant(0.1f));
        using ProbeBatch probe = Probe(model, device);
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step == 1) decision.Freeze(0, "now");
        });
        using var freeze = new FreezeController(
            model, optimizer, new Watching(new TaylorImportance()), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 1 }, probe: probe);
        for (int step = 0; step < 3; step++)
        {
            Networks.Backward(model, device, Rows, In, Classes, step);
            freeze.Step();
        }
        Assert.True(freeze.Units[0].IsFrozen);
        // A resting unit is measured too, and its score is fresh.
        Assert.Equal([1, 2, 3], rule.History(0).All.Select(observation => observation.Step));
        Assert.All(rule.History(0).All, observation => Assert.NotEqual(0, TaylorImportance.Of(observation)));
        Assert.All(model.Parameters(), parameter => Assert.Null(parameter.Grad));
    }

    [Fact]
    public void ATrialStepDoesNotShowInOtherStatistics()
    {
        Assert.Equal(Distances(), Distances(new TaylorImportance()));

        static double[] Distances(params UnitStatistic[] beside)
        {
            using var device = new ReferenceDevice();
            using Sequential model = Networks.Mlp(device, In, 4, Classes);
            using var optimizer = new Sgd(model, new Constant(0.1f), momentum: 0.9f);
            using ProbeBatch probe = Probe(model, device);
            var rule = new Scripted();
            using var freeze = new FreezeController(
                model, optimizer, new Watching([.. beside, new WeightDistance(), new WeightNorm(), new Plasticity()]), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 2 }, probe: probe);
            for (int step = 0; step < 6; step++)
            {
                Networks.Backward(model, device, Rows, In, Classes, step);
                freeze.Step();
            }
            return [.. rule.History(0).All.SelectMany(seen => new[] { seen.Of("weight-distance")[0], seen.Of("weight-norm")[0], seen.Of("plasticity")[0] })];
        }
    }

    [Fact]
    public void APartThatIsInEvaluationStaysThereWhileOutputsAreWatched()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Noisy(device);
        model[1].Eval();
        using var optimizer = new Sgd(model, new Constant(0.1f));
        using ProbeBatch probe = Probe(model, device);
        using var freeze = new FreezeController(model, optimizer, new Watching(new Plasticity()), new Scripted(), options: FreezeOptions.WithoutTriggers with { CheckEvery = 1 }, probe: probe);
        Networks.Backward(model, device, Rows, In, Classes);
        freeze.Step();
        Assert.Equal([true, true, false, true, true], model.Modules().Select(module => module.IsTraining));
    }

    /// <summary>Everything that training depends on after twelve steps, with unit 0 resting from step 4 on.</summary>
    private static double[] Trained(Device device, bool adam, string? look)
    {
        using Sequential model = Noisy(device);
        using Optimizer optimizer = adam ? new AdamW(model, new Cosine(0.05f, 30)) : new Sgd(model, new Cosine(0.05f, 30), momentum: 0.9f, weightDecay: 0.01f) { ClipNorm = 1 };
        UnitStatistic[] statistics = look switch
        {
            "trial" => [new TaylorImportance()],
            "outputs" => [new Plasticity()],
            "reference" => [new KernelAlignment()],
            "everything" => [new TaylorImportance(), new Plasticity(), new GradientMoments(), new Displacement()],
            _ => [],
        };
        using ProbeBatch probe = Probe(model, device);
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step == 4) decision.Freeze(0, "now");
        });
        FreezeOptions options = FreezeOptions.WithoutTriggers with { CheckEvery = 2, ProbeEvery = look is "probe" or "everything" ? 1 : 0 };
        using var freeze = new FreezeController(model, optimizer, new Watching(statistics), rule, options: options, probe: probe);
        for (int step = 0; step < 12; step++)
        {
            Networks.Backward(model, device, Rows, In, Classes, step);
            freeze.Step();
        }
        return State(model, optimizer);
    }

    private static void Train(Sequential model, Optimizer optimizer, Device device, int from, int to)
    {
        for (int step = from; step < to; step++)
        {
            Networks.Backward(model, device, Rows, In, Classes, step);
            optimizer.Step();
            optimizer.ClearGradients();
        }
    }

    /// <summary>Linear, batch norm, dropout, linear: parameters, buffers and a random stream.</summary>
    private static Sequential Noisy(Device device)
    {
        var model = new Sequential(("fc1", new Linear(In, 8)), ("norm", new BatchNorm(8)), ("drop", new Dropout(0.4f)), ("head", new Linear(8, Classes)));
        model.Initialize(device, 3);
        return model;
    }

    private static ProbeBatch Probe(Sequential model, Device device)
    {
        (Tensor inputs, IntTensor labels) = Networks.Batch(device, Rows, In, Classes, 99);
        return new ProbeBatch(model, inputs, labels);
    }

    private static double[] State(Sequential model, Optimizer optimizer)
    {
        var tree = new StateTree();
        optimizer.SaveState(tree.Branch("optimizer"));
        foreach (ModuleBase module in model.Modules())
        {
            if (module is IStateful stateful) stateful.SaveState(tree.Branch(module.Path));
        }
        return [
            .. model.Parameters().SelectMany(Networks.Bits), .. model.Buffers().SelectMany(buffer => Networks.Values(buffer.Value)),
            .. tree.Entries.SelectMany(entry => entry.Value.ToDoubles())];
    }

    /// <summary>Four steps of a small network with the first unit resting after two.</summary>
    private sealed class FreezeLedgerOf : IDisposable
    {
        private readonly Sequential model;
        private readonly Sgd optimizer;
        private readonly ProbeBatch probe;
        private readonly FreezeController freeze;

        public FreezeLedgerOf(Device device, FreezeOptions options, params UnitStatistic[] statistics)
        {
            model = Networks.Mlp(device, 5, 4, 3);
            optimizer = new Sgd(model, new Constant(0.1f));
            (Tensor inputs, IntTensor labels) = Networks.Batch(device, 4, 5, 3, 99);
            probe = new ProbeBatch(model, inputs, labels);
            var rule = new Scripted((context, decision) =>
            {
                if (context.Step == 2) decision.Freeze(0, "now");
            });
            freeze = new FreezeController(model, optimizer, new Watching(statistics), rule, options: options, probe: probe);
            for (int step = 0; step < 4; step++)
            {
                Networks.Backward(model, device, 4, 5, 3, step);
                freeze.Step();
            }
        }

        public FreezeLedger Ledger => freeze.Ledger;

        public void Dispose()
        {
            freeze.Dispose();
            probe.Dispose();
            optimizer.Dispose();
            model.Dispose();
        }
    }
}
