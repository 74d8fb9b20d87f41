using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

/// <summary>Runs whose frozen weights are kept in bfloat16: what freezes and thaws do to them, and that caches, averages, ranks, probes, checkpoints and rollbacks do not matter.</summary>
public sealed class FrozenWeightsRunTests
{
    /// <summary>Freezes in front and thaws again.</summary>
    private const string Reopening = "prefix-patience:criterion=weight-change,threshold=1000000,patience=1,checks=18,warmup=0,margin=0,thaw=0.1";

    private static readonly CostKind[] OfSteps = [CostKind.Forward, CostKind.InputGradient, CostKind.WeightGradient, CostKind.Optimizer];

    private static readonly RunSettings Rounded = SmallRun.Settings with { FrozenWeights = "bf16" };

    [Fact]
    public void AFreezeRoundsOnceAndWhatTrainsIsFloat32()
    {
        using RunParts parts = SmallRun.Parts(Rounded with { Policy = "static:2" });
        float[][] start = SmallRun.Weights(parts.Model);
        RunResult result = new Trainer(parts).Run(TestContext.Current.CancellationToken);
        Parameter[] all = [.. parts.Model.Parameters()];
        Assert.Equal([true, false, true, false, false, false], all.Select(parameter => parameter.Precision == Precision.BFloat16));
        foreach ((Parameter parameter, float[] before) in all.Zip(start).Take(4))
            Assert.Equal(parameter.Precision == Precision.BFloat16 ? [.. before.Select(value => Precisions.Round(value, Precision.BFloat16))] : before, parameter.Value.ToArray());
        Assert.Equal((2 * ((32 * 64) + (64 * 48))) + (4 * (64 + 48 + (48 * 4) + 4)), result.WeightBytes);
        Assert.Equal(2 * ((32 * 64) + (64 * 48)), result.PackedWeightBytes);
        // Also where the best weights are others, which are exchanged to be measured.
        (RunResult wild, _) = SmallRun.Run(Rounded with { Policy = "static:2", Epochs = 8, LearningRate = 0.5f });
        Assert.Equal(result.PackedWeightBytes, wild.PackedWeightBytes);
        RunSummary summary = RunSummary.Of(result);
        Assert.Equal(("bf16", result.WeightBytes), (summary.FrozenWeights, summary.WeightBytes));
    }

    /// <summary>Full training rounds nothing: what it would have cost is no more with rounded weights, also of a run that is frozen from the start, whose full step is measured beside it.</summary>
    [Theory]
    [InlineData("static:2")]
    [InlineData("fastai")]
    [InlineData(SmallRun.Eager)]
    public void FullTrainingCostsWhatItCostsInFloat32(string policy)
    {
        RunResult plain = SmallRun.Run(SmallRun.Settings with { Policy = policy }).Result, rounded = SmallRun.Run(Rounded with { Policy = policy }).Result;
        foreach (CostKind kind in OfSteps) Assert.Equal(plain.Ledger.Full(kind).Bytes, rounded.Ledger.Full(kind).Bytes);
        Assert.True(rounded.Ledger.Done(CostKind.Forward).Bytes > plain.Ledger.Done(CostKind.Forward).Bytes);
    }

    /// <summary>The same by hand: a model whose weights are rounded when they are frozen, and that is trained in float32.</summary>
    [Fact]
    public void ARunIsTheOneWhoseWeightsAreRoundedAtTheFreeze()
    {
        using var device = new CpuDevice(1);
        Assert.Equal(Trained(packs: true), Trained(packs: false));

        int[][] Trained(bool packs)
        {
            using Sequential model = Networks.Mlp(device, 16, 12, 8, 4);
            using var optimizer = new AdamW(model, new Constant(0.01f)) { FrozenPrecision = packs ? Precision.BFloat16 : Precision.Float32 };
            for (int step = 0; step < 12; step++)
            {
                Networks.Backward(model, device, 8, 16, 4, step);
                optimizer.Step();
                model.ClearGradients();
                if (step == 3) Freeze(model[1]);
                if (step == 5) Freeze(model[0]);
                if (step == 8) model[1].Unfreeze();
            }
            Assert.Equal(packs, model[0].Parameters().First().Precision == Precision.BFloat16);
            Assert.Equal(Precision.Float32, model[1].Parameters().First().Precision);
            return SmallRun.Bits(SmallRun.Weights(model));

            void Freeze(ModuleBase layer)
            {
                layer.Freeze();
                if (packs) optimizer.KeepFrozen();
                else foreach (Parameter weight in layer.Parameters().Where(parameter => parameter.Shape.Rank > 1)) weight.Set([.. weight.Value.ToArray().Select(value => Precisions.Round(value, Precision.BFloat16))]);
            }
        }
    }

    [Theory]
    [InlineData(SmallRun.Eager)]
    [InlineData(Reopening)]
    public void CachesDoNotMatterBitForBit(string policy)
    {
        RunSettings settings = Rounded with { Policy = policy, Epochs = 6 };
        (RunResult plain, float[][] weights) = SmallRun.Run(settings);
        Assert.Contains(plain.Decisions, entry => entry.Action == FreezeAction.Freeze);
        Assert.NotEqual(SmallRun.Bits(weights), SmallRun.Bits(SmallRun.Run(settings with { FrozenWeights = "float32" }).Weights));
        (RunResult cached, float[][] others) = SmallRun.Run(settings with { Cache = "memory=1MB,always" });
        Assert.True(cached.Cache!.Read > 0);
        Assert.Equal(SmallRun.Bits(weights), SmallRun.Bits(others));
    }

    [Theory]
    [InlineData(SmallRun.Eager, null)]
    [InlineData(Reopening, null)]
    [InlineData(SmallRun.Eager, 0.9)]
    [InlineData("prefix-patience:criterion=taylor-importance,threshold=1000000,patience=1,checks=9,warmup=0,margin=0", null)]
    public void ARunThatGoesOnHasTheBitsOfOneThatWasNeverStopped(string policy, double? average)
    {
        RunSettings settings = Rounded with { Policy = policy, WeightAverage = average, Optimizer = "adamw", BatchSize = 8, CheckpointEvery = "at:31" };
        (RunResult full, float[][] whole) = SmallRun.Run(settings);
        using var folder = new TemporaryFolder();
        string run = Path.Combine(folder.Root, "run");
        using (RunParts parts = SmallRun.Parts(settings))
        using (var log = new RunLog(run, parts.Metrics, settings))
        using (var stop = new CancellationTokenSource())
        {
            new Trainer(parts, log, new Stopper(stop, 31), new RunCheckpoints(log.Folder, CheckpointPlan.Parse(settings.CheckpointEvery, settings.KeepCheckpoints))).Run(stop.Token);
        }
        using ResumedRun resumed = ResumedRun.Open(run, line => Assert.Fail(line));
        using RunParts again = SmallRun.Parts(resumed.Settings);
        using RunLog more = resumed.OpenLog(again);
        var trainer = new Trainer(again, more);
        resumed.Load(trainer);
        RunResult ended = trainer.Run(TestContext.Current.CancellationToken);
        Assert.Equal("bf16", ended.Settings.FrozenWeights);
        Assert.Equal(SmallRun.Bits(whole), SmallRun.Bits(SmallRun.Weights(again.Model)));
        // What a loaded state is rounded by again is no step's work.
        foreach (CostKind kind in OfSteps) Assert.Equal(full.Ledger.Done(kind).Bytes, ended.Ledger.Done(kind).Bytes);
    }

    /// <summary>A guard takes a freeze back with all digits that the weights had before it.</summary>
    [Fact]
    public void ARollbackGivesTheDigitsBack()
    {
        using var device = new CpuDevice(1);
        using Sequential model = Networks.Mlp(device, 16, 12, 4);
        using var optimizer = new Sgd(model, new Constant(0.1f)) { FrozenPrecision = Precision.BFloat16 };
        using var snapshot = new TrainingSnapshot(model, optimizer);
        float[][] exact = SmallRun.Weights(model);
        snapshot.Take();
        model[0].Freeze();
        optimizer.KeepFrozen();
        Assert.NotEqual(SmallRun.Bits(exact), SmallRun.Bits(SmallRun.Weights(model)));
        snapshot.Restore();
        Assert.Equal(SmallRun.Bits(exact), SmallRun.Bits(SmallRun.Weights(model)));
    }

    /// <summary>Of a unit that trains with a weight that its user has frozen, as LoRA's, weights are measured too.</summary>
    [Theory]
    [InlineData("weight-change")]
    [InlineData("relative-gradient-norm")]
    public void AUnitWithAFrozenWeightIsMeasured(string criterion)
    {
        using var device = new CpuDevice(1);
        double[] rounded = Scores(packs: false);
        Assert.Contains(rounded, score => score > 0);
        Assert.Equal(rounded, Scores(packs: true));

        double[] Scores(bool packs)
        {
            var first = new LoraLinear(16, 12, 2, 4);
            using Sequential model = new Sequential(("one", first), ("two", new Linear(12, 4))).Initialize(device, 1);
            first.Weight.IsFrozen = true;
            if (!packs) first.Weight.Set([.. first.Weight.Value.ToArray().Select(value => Precisions.Round(value, Precision.BFloat16))]);
            using var optimizer = new Sgd(model, new Constant(0.1f)) { FrozenPrecision = packs ? Precision.BFloat16 : Precision.Float32 };
            optimizer.KeepFrozen();
            var seen = new Seen();
            using var freeze = new FreezeController(model, optimizer, criterion == "weight-change" ? new WeightChange() : new RelativeGradientNorm(), seen, options: new FreezeOptions { CheckEvery = 2, WarmUpSteps = 0 });
            for (int step = 0; step < 8; step++)
            {
                Networks.Backward(model, device, 8, 16, 4, step);
                freeze.Step();
            }
            return [.. seen.Scores];
        }
    }

    [Fact]
    public void FilesHaveThemInTwoBytesAndExactly()
    {
        using var device = new CpuDevice(1);
        using Sequential model = Networks.Mlp(device, 16, 12, 4), other = Networks.Mlp(device, 16, 12, 4);
        model[0].Freeze();
        foreach (Parameter weight in model[0].Parameters().Where(parameter => parameter.Shape.Rank > 1)) weight.Keep(Precision.BFloat16);
        using var folder = new TemporaryFolder();
        string file = Path.Combine(folder.Root, "weights.safetensors");
        StateDict.Save(model, file);
        Dictionary<string, SafetensorsEntry> entries = Safetensors.Read(file);
        Assert.Equal(("BF16", "F32", "F32"), (entries["fc1.weight"].Type, entries["fc1.bias"].Type, entries["fc2.weight"].Type));
        StateDict.Load(other, file);
        Assert.Equal(SmallRun.Bits(SmallRun.Weights(model)), SmallRun.Bits(SmallRun.Weights(other)));
    }

    [Fact]
    public void AStateWithoutFrozenWeightsInItIsAsEver()
    {
        (RunResult result, float[][] weights) = SmallRun.Run(Rounded with { Policy = "never" });
        Assert.Equal(SmallRun.Bits(SmallRun.Run(SmallRun.Settings).Weights), SmallRun.Bits(weights));
        Assert.Equal(0, result.PackedWeightBytes);
    }

    /// <summary>Freezes nothing, and remembers the first unit's scores.</summary>
    private sealed class Seen : IFreezeRule<NoState>
    {
        public List<double> Scores { get; } = [];

        public string Name => "seen";

        public FreezeDecision Decide(CheckContext context, ref NoState state)
        {
            Scores.Add(context.Units[0].Score);
            return new FreezeDecision(context);
        }
    }

    /// <summary>Trains on, and asks the run to end after a step.</summary>
    private sealed class Stopper(CancellationTokenSource stop, int after) : IRunObserver
    {
        public void Started(RunParts parts, FreezeController freeze)
        {
        }

        public void Logged(MetricRow row)
        {
        }

        public void Stepped(int step, int epoch)
        {
            if (step == after) stop.Cancel();
        }
    }
}
