using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

/// <summary>Data-parallel runs in one process: what is trained is what one rank trains, decisions and books included, and what does not work is refused.</summary>
public sealed class ParallelRunTests : IDisposable
{
    private const string Mlp = "mlp:32,24,20,16,4", Gpt = "gpt:width=8,layers=3,heads=2,places=16,dropout=0.1";

    private readonly TemporaryFolder folder = new();

    /// <summary>Model, policy, batches a step. 100 steps of batches that do not divide.</summary>
    public static TheoryData<string, string, int> Ordered => new()
    {
        { Mlp, "never", 1 },
        { Mlp, "static:2", 1 },
        { Mlp, "rotation:units=1,every=1", 1 },
        { Mlp, "prefix-patience:threshold=1000000,patience=1,checks=20,warmup=0,margin=0,thaw=0.1", 2 },
        { Gpt, "never", 1 },
        { Gpt, "static:1", 1 },
        { Gpt, "rotation:units=1,every=1", 1 },
    };

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Ordered))]
    public void WithOrderedSumsTheWeightsAfterAHundredStepsAreTheSameBitsOnOneToFourRanks(string model, string policy, int accumulate)
    {
        bool isRule = policy.StartsWith("rotation", StringComparison.Ordinal);
        RunSettings settings = Settings(model) with { Policy = isRule ? null : policy, Rule = isRule ? policy : null, Accumulate = accumulate, Steps = 100, Shards = 12 };
        Func<DataSplits> data = DataOf(model);
        using RunParts alone = SmallRun.Parts(settings, data());
        RunResult result = new Trainer(alone).Run(TestContext.Current.CancellationToken);
        int[][] expected = SmallRun.Bits(SmallRun.Weights(alone.Model));
        foreach (int size in (int[])[2, 3, 4])
        {
            (RunResult found, int[][][] weights) = RankRun.Run(size, settings, data);
            Assert.All(weights, bits => Assert.Equal(expected, bits));
            Assert.Equal(result.Decisions.Select(entry => entry.ToString()), found.Decisions.Select(entry => entry.ToString()));
            Assert.Equal((result.TestPrimary, result.FinalTrainLoss), (found.TestPrimary, found.FinalTrainLoss));
        }
        Assert.Equal(100, result.Steps);
        Assert.Equal(policy == "never", result.Decisions.Count == 0);
    }

    [Theory]
    [InlineData("bf16", "float32", "static:1")]
    [InlineData("float32", "bf16", "rotation:units=1,every=1")]
    [InlineData("bf16", "bf16", "static:2")]
    public void WhatIsKeptInTwoBytesIsTheSameOnSeveralRanks(string activations, string frozen, string policy)
    {
        bool isRule = policy.StartsWith("rotation", StringComparison.Ordinal);
        // Wide enough that a rank's part of a batch has results to pack.
        RunSettings settings = Settings("mlp:32,512,256,4") with { Units = "block", Activations = activations, FrozenWeights = frozen, Policy = isRule ? null : policy, Rule = isRule ? policy : null, Steps = 30, Shards = 4 };
        int[][] alone = RankRun.Run(1, settings).Weights[0];
        Assert.All(RankRun.Run(2, settings).Weights, bits => Assert.Equal(alone, bits));
        Assert.NotEqual(alone, RankRun.Run(1, settings with { Activations = "float32", FrozenWeights = "float32" }).Weights[0]);
    }

    [Fact]
    public void APartWithoutALabelLeavesDropoutWhereTheWholeBatchDoes()
    {
        // Two batches a step, and a sample in three has no label: a rank often has nothing of the first to learn from.
        RunSettings settings = Settings(Gpt) with { Policy = "never", BatchSize = 3, Accumulate = 2, Steps = 30, Shards = 3 };
        int[][][] alone = RankRun.Run(1, settings, RankRun.Gaps).Weights, found = RankRun.Run(3, settings, RankRun.Gaps).Weights;
        Assert.All(found, bits => Assert.Equal(alone[0], bits));
    }

    [Theory]
    [InlineData(Mlp)]
    [InlineData(Gpt)]
    public void OneRankIsTheRunWithoutAnyBitForBit(string model)
    {
        RunSettings settings = Settings(model) with { Policy = "static:1", Epochs = 2 };
        using RunParts alone = SmallRun.Parts(settings, DataOf(model)());
        RunResult result = new Trainer(alone).Run(TestContext.Current.CancellationToken);
        (RunResult found, int[][][] weights) = RankRun.Run(1, settings, DataOf(model));
        Assert.Equal(SmallRun.Bits(SmallRun.Weights(alone.Model)), weights[0]);
        Assert.Equal(result.Ledger.Done(CostKind.WeightGradient), found.Ledger.Done(CostKind.WeightGradient));
        Assert.Equal((0, 0), (found.Ledger.Done(CostKind.Communication).Bytes, result.Ledger.Full(CostKind.Communication).Bytes));
    }

    [Theory]
    [InlineData(Mlp, 2, 26)]
    [InlineData(Mlp, 4, 3)]        // a rank without samples in every batch
    [InlineData(Gpt, 3, 10)]
    public void SumsOfSeveralRanksAreThoseOfOneToRoundingAndTheSameBitsEveryTime(string model, int size, int batch)
    {
        RunSettings settings = Settings(model) with { Policy = "static:1", Steps = 6, BatchSize = batch, Optimizer = "sgd" };
        using RunParts alone = SmallRun.Parts(settings, DataOf(model)());
        new Trainer(alone).Run(TestContext.Current.CancellationToken);
        float[][] expected = SmallRun.Weights(alone.Model);
        int[][][] first = RankRun.Run(size, settings, DataOf(model)).Weights, second = RankRun.Run(size, settings, DataOf(model)).Weights;
        Assert.All(first, bits => Assert.Equal(first[0], bits));
        Assert.Equal(first, second);
        for (int i = 0; i < expected.Length; i++)
        {
            float[] found = [.. first[0][i].Select(BitConverter.Int32BitsToSingle)];
            Assert.All(expected[i].Zip(found), pair => Assert.Equal(pair.First, pair.Second, 2e-5f));
        }
    }

    [Fact]
    public void BytesAreThoseOfWhatTrainsInEveryStepAndTheBooksAddUp()
    {
        var group = new Loopback(2);
        (RunResult result, _) = RankRun.Run(2, Settings(Mlp) with { Policy = SmallRun.Eager, Steps = 60 }, folder: Path.Combine(folder.Root, "run"), group: group);
        FreezeLedger ledger = result.Ledger;
        long[] units = [.. new (int Inputs, int Outputs)[] { (32, 24), (24, 20), (20, 16), (16, 4) }.Select(shape => (shape.Inputs + 1L) * shape.Outputs * sizeof(float))];
        Assert.Equal(60 * units.Sum(), ledger.Full(CostKind.Communication).Bytes);
        long expected = 0;
        for (int unit = 0; unit < units.Length; unit++)
        {
            int trained = result.Decisions.FirstOrDefault(entry => entry.Unit == unit)?.Step ?? 60;
            Assert.Equal(trained * units[unit], ledger.Done(unit, CostKind.Communication).Bytes);
            expected += trained * units[unit];
        }
        Assert.Equal(expected, ledger.Done(CostKind.Communication).Bytes);
        Assert.Equal(expected, group.ReducedBytes);
        Assert.InRange(ledger.SavedCommunication, 0.1, 0.99);
        RunSummary summary = RunFolder.ReadSummary(Path.Combine(folder.Root, "run"));
        RunWork bytes = summary.Bytes;
        Assert.Equal((2, expected), (summary.Ranks, bytes.Communication));
        Assert.Equal(bytes.Total, bytes.Forward + bytes.InputGradient + bytes.WeightGradient + bytes.Optimizer + bytes.Controller + bytes.Probe + bytes.Cache + bytes.Communication);
        Assert.Contains("communication: ", ledger.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("annealing-debt", "loss-budget:loss=1000")]
    [InlineData("gradient-norm-level", "budget:rho=0.5")]
    [InlineData("weight-change", "budget:flops=0.6")]
    public void DecisionsByCostsAndPricesAreTheSameOnRanksWithPartsOfOtherSizes(string criterion, string rule)
    {
        RunSettings settings = Settings(Mlp) with { Policy = null, Criterion = criterion, Rule = rule, Control = "checks=20,warmup=0,margin=0", Steps = 100, BatchSize = 25 };
        (RunResult result, int[][][] weights) = RankRun.Run(3, settings);
        Assert.NotEmpty(result.Decisions);
        Assert.All(weights, bits => Assert.Equal(weights[0], bits));
    }

    [Fact]
    public void RunningMomentsAreMeansOverTheRanksAndThoseOfAFrozenNormStay()
    {
        RunSettings settings = SmallRun.Settings with { Model = "resnet:8,4", Policy = "static:1", Steps = 4, BatchSize = 24 };
        var buffers = new float[2][][];
        var before = new float[2][];
        Loopback.Run(2, ranks =>
        {
            using RunParts parts = SmallRun.Parts(settings, RankRun.Squares());
            before[ranks.Rank] = [.. parts.Model.Buffers().SelectMany(buffer => buffer.Value.ToArray())];
            new Trainer(parts, communicator: ranks).Run();
            buffers[ranks.Rank] = [.. parts.Model.Buffers().Select(buffer => buffer.Value.ToArray())];
        });
        Assert.Equal(buffers[0].Select(values => values.Select(BitConverter.SingleToInt32Bits)), buffers[1].Select(values => values.Select(BitConverter.SingleToInt32Bits)));
        // The frozen first unit's mean and variance are those of the start, the others' are not.
        Assert.All(buffers[0][0], value => Assert.Equal(0, value));
        Assert.All(buffers[0][1], value => Assert.Equal(1, value));
        Assert.All(buffers[0][2..], values => Assert.DoesNotContain(values, value => value is 0 or 1));
    }

    [Theory]
    [InlineData(2, 24)]
    [InlineData(3, 20)]        // parts of 7, 7 and 6 samples
    public void WithSynchronisedNormsAStepsGradientsAreThoseOfOneRank(int size, int batch)
    {
        RunSettings settings = SmallRun.Settings with { Model = "resnet:20,4", Policy = "never", Steps = 1, BatchSize = batch, Optimizer = "sgd:momentum=0,decay=0", Schedule = "constant", LearningRate = 1024, SynchronisedNorms = true };
        using RunParts alone = SmallRun.Parts(settings with { SynchronisedNorms = false }, RankRun.Squares());
        float[][] start = SmallRun.Weights(alone.Model);
        new Trainer(alone).Run(TestContext.Current.CancellationToken);
        float[][] expected = SmallRun.Weights(alone.Model);
        float[] moments = [.. alone.Model.Buffers().SelectMany(buffer => buffer.Value.ToArray())];
        float[] found = [];
        int[][][] weights = new int[size][][];
        Loopback.Run(size, ranks =>
        {
            using RunParts parts = SmallRun.Parts(settings, RankRun.Squares());
            new Trainer(parts, communicator: ranks).Run();
            weights[ranks.Rank] = SmallRun.Bits(SmallRun.Weights(parts.Model));
            if (ranks.Rank == 0) found = [.. parts.Model.Buffers().SelectMany(buffer => buffer.Value.ToArray())];
        });
        Assert.All(weights, bits => Assert.Equal(weights[0], bits));
        for (int i = 0; i < start.Length; i++)
        {
            // The step is 1024 times the gradient, so that rounding of the weights is none of it.
            double norm = Math.Sqrt(start[i].Zip(expected[i]).Sum(pair => Math.Pow(pair.First - pair.Second, 2)));
            double apart = Math.Sqrt(expected[i].Zip(weights[0][i]).Sum(pair => Math.Pow(pair.First - BitConverter.Int32BitsToSingle(pair.Second), 2)));
            Assert.True(apart <= 1e-5 * norm + 1e-9, $"{i}: {apart} of {norm}");
        }
        Assert.All(moments.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(1, 3)]
    [InlineData(3, 2)]
    public void ARunThatIsStoppedGoesOnWithAnotherNumberOfRanksBitForBit(int before, int after)
    {
        RunSettings settings = Settings(Gpt) with { Policy = SmallRun.Eager, Steps = 40, Shards = 12 };
        int[][][] whole = RankRun.Run(1, settings, RankRun.Letters, Path.Combine(folder.Root, "whole")).Weights;
        string killed = Path.Combine(folder.Root, "killed");
        RunResult stopped = RankRun.Run(before, settings, RankRun.Letters, killed, stopAfter: 17).Result;
        // Cancelled on one rank, all have ended with the same step.
        Assert.True(stopped.IsCancelled && stopped.Steps is 17 or 18, $"{stopped.Steps} steps");
        int[][][] found = RankRun.Run(after, settings, RankRun.Letters, killed, resumes: true).Weights;
        Assert.All(found, bits => Assert.Equal(whole[0], bits));
        foreach (string name in (string[])["decisions.jsonl", "last.safetensors", "best.safetensors"]) Assert.Equal(File.ReadAllBytes(Path.Combine(folder.Root, "whole", name)), File.ReadAllBytes(Path.Combine(killed, name)));
    }

    [Fact]
    public void RanksThatDecideDifferentlyAreStoppedWithBothDecisions()
    {
        CommunicationException failure = Assert.Throws<CommunicationException>(() => Loopback.Run(2, ranks =>
        {
            using RunParts parts = SmallRun.Parts(Settings(Mlp) with { Policy = SmallRun.Eager, Steps = 40 });
            using var trainer = new Spoiled(parts, ranks);
            trainer.Run();
        }));
        Assert.Matches("^step [0-9]+: the ranks decide differently: rank 0 wants '.*' frozen, scores .*; rank 1 wants '.*' frozen, scores .*$", failure.Message);
    }

    [Fact]
    public void ARankThatFailsEndsTheOthersWithOneLine()
    {
        var lines = new List<string>();
        Assert.Throws<InvalidOperationException>(() => Loopback.Run(3, ranks =>
        {
            using RunParts parts = SmallRun.Parts(Settings(Mlp) with { Steps = 30 });
            try
            {
                new Trainer(parts, observer: ranks.Rank == 1 ? new Fails() : null, communicator: ranks).Run();
            }
            catch (CommunicationException exception)
            {
                lock (lines) lines.Add(exception.Message);
                throw;
            }
        }));
        Assert.Equal(["rank 1 of 3 has failed: out of paper", "rank 1 of 3 has failed: out of paper"], lines);
    }

    [Theory]
    [InlineData("settings", "The ranks would not train the same: setting 'lr' is '0.05' on rank 0 and '0.04' on rank 1.")]
    [InlineData("seed", "The ranks would not train the same: setting 'seed' is '5' on rank 0 and '6' on rank 1.")]
    [InlineData("data", "The ranks would not train the same: training data is '192 samples, ")]
    [InlineData("weights", "The ranks would not train the same: weights is '")]
    public void ARankThatWouldTrainSomethingElseIsRefused(string what, string line)
    {
        ArgumentException failure = Assert.Throws<ArgumentException>(() => Loopback.Run(2, ranks =>
        {
            bool isOther = ranks.Rank == 1;
            RunSettings settings = Settings(Mlp) with { LearningRate = isOther && what == "settings" ? 0.04f : 0.05f, Seed = isOther && what == "seed" ? 6u : 5u };
            using RunParts parts = SmallRun.Parts(settings, SmallRun.Data(isOther && what == "data" ? 180 : 192));
            if (isOther && what == "weights") parts.Model.Parameters().First().Value.Device.Fill(parts.Model.Parameters().First().Value.Range, 1);
            Trainer.CheckRanks(parts, ranks);
        }));
        Assert.StartsWith(line, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatOneRankCannotReadIsToldOnAllInsteadOfWaitingForIt()
    {
        RunSettings settings = Settings(Mlp) with { Policy = "static:1", Steps = 4 };
        string[] runs = [.. Enumerable.Range(0, 2).Select(rank => Path.Combine(folder.Root, $"recorded-{rank}"))];
        foreach (string run in runs) RankRun.Run(1, settings, folder: run);
        var failures = new string[2];
        // Both come to an end by themselves: neither waits for the other, or is ended by it.
        Loopback.Run(2, ranks =>
        {
            using RunParts parts = SmallRun.Parts(settings with { Policy = null, Replay = runs[ranks.Rank] });
            if (ranks.Rank == 1) File.Delete(Path.Combine(runs[1], RunFiles.Decisions));
            failures[ranks.Rank] = Assert.Throws<ArgumentException>(() => Trainer.CheckRanks(parts, ranks)).Message;
        });
        Assert.Equal(failures[0], failures[1]);
        Assert.Matches("^The ranks would not train the same: replayed decisions is '[0-9a-f]+' on rank 0 and 'unreadable: Could not find file .*' on rank 1.$", failures[0]);
    }

    [Theory]
    [InlineData("cache", "Data-parallel training on 2 ranks does not work with --cache auto: ")]
    [InlineData("paying", "Data-parallel training on 2 ranks does not work with paying=1: ")]
    [InlineData("shards", "Data-parallel training on 2 ranks does not work with --shards 1: ")]
    [InlineData("norms", "Data-parallel training on 2 ranks does not work with model 'resnet:8,4': the batch norm '")]
    [InlineData("sync", "Data-parallel training on 2 ranks does not work with --norms sync: model '")]
    [InlineData("idle", "Data-parallel training on 2 ranks does not work with --norms sync: a batch has 1 samples")]
    [InlineData("device", "Data-parallel training on 2 ranks does not work with device 'reference': ")]
    public void WhatDoesNotWorkIsRefusedInOneLine(string what, string line)
    {
        RunSettings settings = what switch
        {
            "cache" => Settings(Mlp) with { Cache = "auto" },
            "paying" => Settings(Mlp) with { Policy = null, Criterion = "weight-change", Rule = "percentile:50", Control = "paying=1" },
            "shards" => Settings(Mlp) with { Shards = 1 },
            "norms" => Settings("resnet:8,4") with { Shards = 12 },
            "sync" => Settings(Mlp) with { SynchronisedNorms = true },
            "idle" => Settings("resnet:8,4") with { SynchronisedNorms = true, BatchSize = 1 },
            _ => Settings(Mlp) with { Device = "reference" },
        };
        ArgumentException failure = Assert.Throws<ArgumentException>(() => Loopback.Run(2, ranks =>
        {
            using RunParts parts = SmallRun.Parts(settings, what is "norms" or "idle" ? RankRun.Squares() : SmallRun.Data());
            Trainer.CheckPolicy(parts, ranks);
        }));
        Assert.StartsWith(line, failure.Message, StringComparison.Ordinal);
    }

    private static RunSettings Settings(string model) => SmallRun.Settings with
    {
        Model = model,
        BatchSize = 26,
        Epochs = 1,
        LearningRate = 0.02f,
        Optimizer = model == Mlp ? "sgd:clip=1" : "adamw",
        Units = model == Mlp ? "block" : "block:head=head",
        CheckpointEvery = "never",
    };

    private static Func<DataSplits> DataOf(string model) => model == Mlp ? () => SmallRun.Data() : RankRun.Letters;

    /// <summary>One rank's weights are changed by hand in the middle.</summary>
    private sealed class Spoiled(RunParts parts, ICommunicator ranks) : IRunObserver, IDisposable
    {
        public void Run() => new Trainer(parts, observer: this, communicator: ranks).Run();

        public void Started(RunParts parts, FreezeController freeze)
        {
        }

        public void Logged(MetricRow row)
        {
        }

        public void Stepped(int step, int epoch)
        {
            if (step == 1 && ranks.Rank == 1) parts.Device.Fill(parts.Model.Parameters().First().Value.Range, 0.1);
        }

        public void Dispose()
        {
        }
    }

    private sealed class Fails : IRunObserver
    {
        public void Started(RunParts parts, FreezeController freeze)
        {
        }

        public void Logged(MetricRow row)
        {
        }

        public void Stepped(int step, int epoch)
        {
            if (step == 3) throw new InvalidOperationException("out of paper");
        }
    }
}
