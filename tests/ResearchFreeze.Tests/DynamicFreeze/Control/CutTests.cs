using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Training;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>Cut units: the same values, a gradient that ends at the branch, no backward work where they are frozen too, and decisions that can be logged, repeated and resumed.</summary>
public sealed class CutTests : IDisposable
{
    private const int Width = 8, Places = 3, Samples = 4;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ACutBlockOfATransformerHasTheSameValuesAndPassesTheSumsGradientAlone(bool isPreNorm)
    {
        using var device = new ReferenceDevice();
        using var scope = new Scope();
        using var block = new TransformerBlock(new TransformerOptions(Width, 2) { IsPreNorm = isPreNorm, Dropout = 0.3f });
        block.Initialize(device, 3);
        double[] values = Values(Samples * Places * Width, 1), weights = Values(Samples * Places * Width, 2);
        (double[] output, double[] gradient, _) = Run();
        block.Attention.IsCut = block.FeedForward.IsCut = true;
        (double[] cutOutput, double[] cutGradient, bool hasWeights) = Run();
        Assert.Equal(output, cutOutput);
        Assert.NotEqual(gradient, cutGradient);
        Assert.True(hasWeights);
        // Before the norms the sum passes dy on as it is; behind them through two norms, frozen or not.
        if (isPreNorm) Assert.Equal(weights, cutGradient);
        block.Freeze();
        (double[] frozenOutput, double[] frozenGradient, hasWeights) = Run();
        Assert.Equal(output, frozenOutput);
        Assert.Equal(cutGradient, frozenGradient);
        Assert.False(hasWeights);

        (double[] Output, double[] Gradient, bool HasWeights) Run()
        {
            foreach (Dropout dropout in block.Modules().OfType<Dropout>()) dropout.Passes = 0;
            block.ClearGradients();
            Tensor x = Tensor.From(device, values, [Samples, Places, Width]).AsLeaf();
            Tensor y = block.Forward(x);
            double[] result = y.ToDoubles();
            (y * Tensor.From(device, weights, y.Shape)).Sum().Backward();
            return (result, x.Grad!.ToDoubles(), block.Parameters().Any(parameter => parameter.Grad is not null));
        }
    }

    [Fact]
    public void AResidualAndABasicBlockEndTheGradientAtTheirBranches()
    {
        using var device = new ReferenceDevice();
        using var scope = new Scope();
        using var residual = new Residual(new Linear(Width, Width));
        residual.Initialize(device, 1);
        residual.IsCut = true;
        Tensor x = Tensor.From(device, Values(2 * Width, 5), [2, Width]).AsLeaf();
        residual.Forward(x).Sum().Backward();
        Assert.All(x.Grad!.ToDoubles(), value => Assert.Equal(1, value));
        Assert.All(residual.Parameters(), parameter => Assert.NotNull(parameter.Grad));

        foreach (int stride in (int[])[1, 2])
        {
            using var block = new BasicBlock(3, stride == 1 ? 3 : 5, stride);
            block.Initialize(device, 2);
            block.Freeze();
            Tensor image = Tensor.From(device, Values(2 * 6 * 6 * 3, 6), [2, 6, 6, 3]).AsLeaf();
            double[] whole = block.Forward(image).ToDoubles();
            block.IsCut = true;
            long before = device.Counters.Of(CostKind.InputGradient).Flops;
            Tensor y = block.Forward(image);
            Assert.Equal(whole, y.ToDoubles());
            y.Sum().Backward();
            // The 1×1 convolution around the branch passes its gradient on: 2·(2·3·3)·3·5 operations, and nothing else does.
            Assert.Equal(stride == 1 ? 0 : 2L * 2 * 3 * 3 * 3 * 5, device.Counters.Of(CostKind.InputGradient).Flops - before);
            Assert.NotNull(image.Grad);
        }
    }

    [Fact]
    public void AFrozenAndCutUnitInTheMiddleHasNoBackwardWork()
    {
        using var device = new CpuDevice(1);
        (long inputs, long weights, long kept) frozen = Middle(device, isCut: false), cut = Middle(device, isCut: true);
        Assert.Equal((0, 0), (frozen.weights, cut.weights));
        Assert.True(frozen.inputs > 0 && frozen.kept > 0);
        Assert.Equal((0, 0), (cut.inputs, cut.kept));
    }

    [Fact]
    public void CutsByRulesAreLoggedRepeatedResumedAndEnded()
    {
        RunSettings settings = SmallRun.Settings with { Model = "resnet:8,4", Epochs = 3, BatchSize = 24, CheckpointEvery = "1", KeepCheckpoints = "all", Optimizer = "adamw", LearningRate = 0.01f };
        string whole = Path.Combine(folder.Root, "whole");
        float[][] weights = Run(settings, whole, null);
        DecisionEntry[] cuts = [.. DecisionRecord.Read(Path.Combine(whole, "decisions.jsonl")).Entries.Where(entry => entry.CutRate is not null)];
        Assert.Equal(["step 2: adjust block1 (rule): in half of the steps", "step 2: freeze block2 (rule): frozen and cut", "step 7: thaw block2 (rule): again"], cuts.Select(entry => entry.ToString()));
        Assert.Equal([0.5, 1, 0], cuts.Select(entry => entry.CutRate!.Value));
        // Without the cuts the weights are others.
        Assert.NotEqual(SmallRun.Bits(weights), SmallRun.Bits(Run(settings, Path.Combine(folder.Root, "plain"), null, cuts: false)));
        string replayed = Path.Combine(folder.Root, "replayed");
        Assert.Equal(SmallRun.Bits(weights), SmallRun.Bits(Run(settings with { Replay = whole }, replayed, null)));
        string[] checkpoints = [.. Directory.GetFiles(Path.Combine(whole, "checkpoints")).Order(StringComparer.Ordinal)];
        foreach (int killed in (int[])[1, 2, 3, 5, 8])
        {
            string again = Path.Combine(folder.Root, $"killed-{killed}");
            Directory.CreateDirectory(Path.Combine(again, "checkpoints"));
            foreach (string name in (string[])["config.json", "metrics.csv", "decisions.jsonl"]) File.Copy(Path.Combine(whole, name), Path.Combine(again, name));
            foreach (string path in checkpoints.Take(killed)) File.Copy(path, Path.Combine(again, "checkpoints", Path.GetFileName(path)));
            using ResumedRun resumed = ResumedRun.Open(again, _ => { });
            Assert.Equal(SmallRun.Bits(weights), SmallRun.Bits(Run(resumed.Settings, again, resumed)));
            Assert.Equal(File.ReadAllText(Path.Combine(whole, "decisions.jsonl")), File.ReadAllText(Path.Combine(again, "decisions.jsonl")));
        }
    }

    [Fact]
    public void AThawByHandEndsACut()
    {
        using var device = new CpuDevice(1);
        using Sequential model = Models.ResNet([16, 16, 1], 4, 8, 4);
        model.Initialize(device, 1);
        using var optimizer = new Sgd(model, new Constant(0.01f));
        using var controller = new FreezeController(model, optimizer, new WeightChange(), new Plan((decision, step) =>
        {
            if (step == 0) decision.Cut(1, "cut");
        }));
        controller.Start();
        FreezeUnit unit = controller.Units[1];
        for (int step = 0; step < 3; step++)
        {
            Assert.Equal(step < 2, unit.IsCut);
            if (step == 1)
            {
                foreach (Parameter parameter in unit.Parameters) parameter.IsFrozen = false;
            }
            using var scope = new Scope();
            Loss.CrossEntropy(model.Forward(Tensor.From(device, Values(4 * 256, 3), [4, 16, 16, 1])), IntTensor.From(device, [0, 1, 2, 0])).Backward();
            controller.Step();
        }
        Assert.Equal((0, true), (unit.CutRate, unit.IsPinned));
    }

    [Fact]
    public void OnlyWhatASumLeadsAroundCanBeCutAndNoHead()
    {
        using var device = new CpuDevice(1);
        using Sequential model = Models.ResNet([16, 16, 1], 4, 8, 4);
        model.Initialize(device, 1);
        Assert.Equal([false, true, true, true, false], FreezeUnit.Of(model).Select(unit => unit.CanCut));
        // A block's modules are units of their own: no one has the whole branch.
        Assert.All(FreezeUnit.Of(model, UnitDivision.Modules), unit => Assert.False(unit.CanCut));
        using var optimizer = new Sgd(model, new Constant(0.1f));
        using var controller = new FreezeController(model, optimizer, new WeightChange(), new Plan((decision, _) => decision.Cut(0, "the stem")));
        Assert.Contains("'stem' cannot be cut: no residual sum leads around it", Assert.Throws<ArgumentException>(() => controller.CheckSettings()).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new FreezeDecision(new CheckContext([], 0, 0, [], new RandomStream(1, "x"))).CutAt(0, 1.5));
    }

    [Fact]
    public void WhatIsDrawnComesAsOftenAsItIsSaidAndEndsWithTheController()
    {
        using var device = new CpuDevice(1);
        using Sequential model = Models.ResNet([16, 16, 1], 4, 8, 4);
        model.Initialize(device, 1);
        IReadOnlyList<FreezeUnit> units = FreezeUnit.Of(model);
        var draw = new CutDraw(units, 4);
        (units[1].CutRate, units[2].CutRate) = (0.3, 0.3);
        var block = (BasicBlock)model.Children[3];
        block.IsCut = true;       // the user's, by hand
        int[] cut = new int[4];
        int together = 0;
        for (int step = 0; step < 4000; step++)
        {
            draw.Next(step);
            for (int i = 0; i < cut.Length; i++) cut[i] += units[i].IsCut ? 1 : 0;
            together += units[1].IsCut && units[2].IsCut ? 1 : 0;
        }
        Assert.Equal((0, 4000), (cut[0], cut[3]));
        Assert.InRange(cut[1], 1100, 1300);
        Assert.InRange(cut[2], 1100, 1300);
        Assert.InRange(together, 290, 430);
        draw.End();
        Assert.Equal([false, false, true], units.Skip(1).Take(3).Select(unit => unit.IsCut));
    }

    private static (long Inputs, long Weights, long Kept) Middle(Device device, bool isCut)
    {
        using var scope = new Scope();
        using var model = new Sequential(("first", new Linear(Width, Width)), ("middle", new Residual(new Sequential(("a", new Linear(Width, 16, activation: Activation.Tanh)), ("b", new Linear(16, Width))))), ("head", new Linear(Width, 3)));
        model.Initialize(device, 2);
        using var optimizer = new Sgd(model, new Constant(0.1f));
        using var controller = new FreezeController(model, optimizer, new WeightChange(), new Plan((decision, step) =>
        {
            if (step != 0) return;
            if (isCut) decision.Cut(1, "cut");
            else decision.Freeze(1, "frozen");
        }));
        controller.Start();
        Tensor x = Tensor.From(device, Values(4 * Width, 3), [4, Width]);
        Loss.CrossEntropy(model.Forward(x), IntTensor.From(device, [0, 1, 2, 0])).Backward();
        Assert.NotNull(model.Parameters().First().Grad);
        int unit = controller.Units[1].Parameters[0].Unit;
        var found = (device.Counters.Of(unit, CostKind.InputGradient).Flops, device.Counters.Of(unit, CostKind.WeightGradient).Flops, device.Counters.KeptBytes(unit));
        controller.Step();
        return found;
    }

    private static float[][] Run(RunSettings settings, string run, ResumedRun? resumed, bool cuts = true)
    {
        var known = new RunCatalogues();
        var plan = new Plan((decision, step) =>
        {
            if (!cuts) return;
            if (step == 2) decision.CutAt(1, 0.5, "in half of the steps");
            if (step == 2) decision.Cut(2, "frozen and cut");
            if (step == 7) decision.Thaw(2, "again");
        });
        var policy = new Policy(new WeightChange(), plan, steps => FreezeOptions.WithoutTriggers with { CheckEvery = 1, RunSteps = steps });
        if (settings.Replay is { } replay) policy = policy.Replaying(DecisionRecord.Read(Path.Combine(replay, "decisions.jsonl")));
        using var parts = new RunParts(settings, known.Models.Create(settings.Model), policy, known.Optimizers.Create(settings.Optimizer), known.Schedules.Create(settings.Schedule), CachedRunTests.Images());
        using RunLog log = resumed is null ? new RunLog(run, parts.Metrics, settings) : resumed.OpenLog(parts);
        var trainer = new Trainer(parts, log, null, new RunCheckpoints(log.Folder, CheckpointPlan.Parse(settings.CheckpointEvery, settings.KeepCheckpoints)));
        resumed?.Load(trainer);
        trainer.Run();
        return SmallRun.Weights(parts.Model);
    }

    private static double[] Values(int count, int seed)
    {
        var random = new RandomStream((ulong)seed, "values");
        return [.. Enumerable.Range(0, count).Select(_ => random.NextNormal())];
    }

    /// <summary>Decides what it was told, at each check.</summary>
    private sealed class Plan(Action<FreezeDecision, int> decide) : IFreezeRule<NoState>
    {
        public string Name => "plan";

        public FreezeDecision Decide(CheckContext context, ref NoState state)
        {
            var decision = new FreezeDecision(context);
            decide(decision, context.Step);
            return decision;
        }
    }
}
