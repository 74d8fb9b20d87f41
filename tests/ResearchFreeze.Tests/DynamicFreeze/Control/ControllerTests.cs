using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.DynamicFreeze;

public partial class ControllerTests
{
    private const int Rows = 6, In = 5, Width = 4, Classes = 3, RunSteps = 40;

    private static readonly Reads[] OnAProbe = [Reads.Output, Reads.ProbeBatch, Reads.ReferenceModel, Reads.TrialStep];

    /// <summary>Schedules over 40 steps and the steps after which everything thaws.</summary>
    public static TheoryData<string, int[]> Drops => new()
    {
        { "constant", [] },
        { "step by 10 every 12", [12, 24, 36] },
        { "step by 5 every 30", [30] },
        { "step by 2 every 10", [] },
        { "cosine", [] },
        { "cosine that ends early", [] },
        { "cosine to a minimum", [] },
        { "one cycle", [] },
        { "warm-up", [] },
        { "step after the first step", [1] },
    };

    public static TheoryData<double[], bool, int> Regressions => new()
    {
        { [0.5, 0.6, 0.7], true, 0 },
        { [0.5, 0.75, 0.5], true, 3 },
        { [0.5, 0.75, 0.7], true, 0 },                   // within the margin
        { [0.5, 0.75, 0.7, 0.6], true, 4 },              // of the best, not of the last
        { [0.5, 0.4, 0.3], false, 0 },
        { [0.5, 0.25, 0.5], false, 3 },
        { [0.5, 0.25, 0.3], false, 0 },
        { [0.25, 0.3, 0.34, 0.36], false, 4 },
        { [0.75, double.NaN, 0.5], true, 3 },            // a measurement that failed hides nothing
        { [double.NaN, 0.75, 0.5], true, 3 },
        { [0.5, double.PositiveInfinity], false, 2 },
    };

    [Fact]
    public void TheRuleIsAskedBeforeTheFirstStepThenAtChecksAfterTheWarmUp()
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [1, 1], [1, 1]);
        using var optimizer = new Sgd(model, new Constant(0.5f));
        var rule = new Scripted();
        using var freeze = new FreezeController(
            model, optimizer, new Watching(new GradientNorm()), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 3, WarmUpSteps = 6 });
        Run(model, freeze, 16);
        Assert.Equal([0, 9, 12, 15], rule.Checks.Select(check => check.Step));
        Assert.Equal([3, 6, 9, 12, 15], rule.History(0).All.Select(observation => observation.Step));   // observed while warming up
        Assert.Equal([false, true], rule.Checks[0].Units.Select(unit => unit.IsHead));
    }

    [Fact]
    public void ACheckThatTheRuleAsksForIsMadeAndObservesWhatItsIntervalHad()
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [1, 1], [1, 1]);
        using var optimizer = new Sgd(model, new Constant(0.5f));
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step < 6) decision.NextCheck = context.Step + 2;
        });
        using var freeze = new FreezeController(
            model, optimizer, new Watching(new GradientNorm()), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 10 });
        Run(model, freeze, 17);
        Assert.Equal([0, 2, 4, 6, 16], rule.Checks.Select(check => check.Step));
        Assert.Equal([2, 4, 6, 16], rule.History(0).All.Select(observation => observation.Step));
        Assert.Equal([2, 2, 2, 10], rule.History(0).All.Select(observation => observation.Steps));
    }

    [Fact]
    public void TheHeadIsNeverFrozenAndTheRefusalIsLogged()
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [1, 1], [1, 1], [1, 1]);
        using var optimizer = new Sgd(model, new Constant(0.5f));
        var rule = new Scripted((context, decision) =>
        {
            for (int i = 0; i < 3; i++) decision.Freeze(i, "all of them");
        });
        using var freeze = new FreezeController(model, optimizer, new Watching(), rule, options: FreezeOptions.WithoutTriggers);
        Assert.Equal([false, false, false], freeze.Units.Select(unit => unit.IsFrozen));      // the constructor changes nothing
        freeze.Start();
        Assert.Equal([true, true, false], freeze.Units.Select(unit => unit.IsFrozen));
        Assert.Equal([FreezeAction.Freeze, FreezeAction.Freeze, FreezeAction.Refuse], freeze.Decisions.Select(entry => entry.Action).Order());
        DecisionEntry refused = freeze.Decisions.Single(entry => entry.Action == FreezeAction.Refuse);
        Assert.Equal(("unit2", 2, 0), (refused.Path, refused.Unit, refused.Step));
        Assert.Contains("head", refused.Reason, StringComparison.Ordinal);
        model.Backward([1, 0], [1, 0], [1, 0]);     // something trains: no error
        freeze.Step();
    }

    [Theory]
    [MemberData(nameof(Drops))]
    public void EverythingThawsAfterADropOfTheRateAndNotAfterASmoothDecay(string name, int[] expected)
    {
        Schedule schedule = name switch
        {
            "constant" => new Constant(0.5f),
            "step by 10 every 12" => new StepDecay(0.5f, 12),
            "step by 5 every 30" => new StepDecay(0.5f, 30, 0.2f),
            "step by 2 every 10" => new StepDecay(0.5f, 10, 0.5f),
            "cosine" => new Cosine(0.5f, RunSteps),
            "cosine that ends early" => new Cosine(0.5f, 25),
            "cosine to a minimum" => new Cosine(0.5f, 25, 1e-4f),
            "one cycle" => new OneCycle(0.5f, RunSteps),
            "warm-up" => new WarmUp(10, new Constant(0.5f)),
            _ => new Table(0.5f, 0.05f),
        };
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [1, 1], [1, 1]);
        using var optimizer = new Sgd(model, schedule);
        using var freeze = new FreezeController(
            model, optimizer, new Watching(), Refreezing(), options: FreezeOptions.WithoutTriggers with { CheckEvery = 1, RateDrop = 5 });
        Run(model, freeze, RunSteps);
        DecisionEntry[] thaws = [.. freeze.Decisions.Where(entry => entry.Action == FreezeAction.Thaw)];
        Assert.Equal(expected, thaws.Select(entry => entry.Step));
        Assert.All(thaws, entry => Assert.Equal(("rate-drop", "unit0"), (entry.Trigger, entry.Path)));
        Assert.All(thaws, entry => Assert.Equal(schedule.Rate(entry.Step), entry.LearningRate));
    }

    [Theory]
    [InlineData(1.5)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(10)]
    [InlineData(50)]
    public void ASmoothDecayIsNoDropWhateverTheFactor(double factor)
    {
        foreach (Schedule schedule in (Schedule[])[new Cosine(0.5f, RunSteps), new OneCycle(0.5f, RunSteps)])
        {
            using var device = new ReferenceDevice();
            using var model = new Cells(device, [1, 1], [1, 1]);
            using var optimizer = new Sgd(model, schedule);
            using var freeze = new FreezeController(
                model, optimizer, new Watching(), Refreezing(), options: FreezeOptions.WithoutTriggers with { CheckEvery = 1, RateDrop = factor });
            Run(model, freeze, RunSteps);
            Assert.DoesNotContain(freeze.Decisions, entry => entry.Action == FreezeAction.Thaw);
        }
    }

    [Fact]
    public void AStaticChoiceWithoutTriggersOutlivesARateDropAndARegression()
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [1, 1], [1, 1], [1, 1]);
        using var optimizer = new Sgd(model, new StepDecay(0.5f, 3));
        using var freeze = new FreezeController(model, optimizer, new Watching(), new Static(1), options: FreezeOptions.WithoutTriggers with { CheckEvery = 1 });
        freeze.Observe("accuracy", 0.9, Better.Higher);
        Run(model, freeze, 8);
        freeze.Observe("accuracy", 0.1, Better.Higher);
        Assert.Equal([true, false, false], freeze.Units.Select(unit => unit.IsFrozen));
        Assert.Single(freeze.Decisions);
    }

    [Theory]
    [MemberData(nameof(Regressions))]
    public void EverythingThawsWhenValidationIsWorseThanTheBestByMoreThanTheMargin(double[] values, bool higherIsBetter, int expected)
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [1, 1], [1, 1], [1, 1]);
        using var optimizer = new Sgd(model, new Constant(0.5f));
        using var freeze = new FreezeController(
            model, optimizer, new Watching(), new Static(2), options: FreezeOptions.WithoutTriggers with { CheckEvery = 1, RegressionMargin = 0.1 });
        Better better = higherIsBetter ? Better.Higher : Better.Lower;
        freeze.Observe("another", higherIsBetter ? 1e9 : -1e9, better);      // other measurements are compared with their own kind only
        int thawedAt = 0;
        for (int i = 0; i < values.Length; i++)
        {
            Run(model, freeze, 1);
            freeze.Observe("quality", values[i], better, margin: 0.1);
            if (!freeze.Units[0].IsFrozen && thawedAt == 0) thawedAt = i + 1;
            Assert.Equal(freeze.Units[0].IsFrozen, freeze.Units[1].IsFrozen);
        }
        Assert.Equal(expected, thawedAt);
        Assert.Equal(expected == 0 ? 0 : 2, freeze.Decisions.Count(entry => entry.Trigger == "regression" && entry.Step == expected));
        Assert.Equal(values, freeze.Validation.Skip(1).Select(point => point.Value));
    }

    [Fact]
    public void FlagsChangeBetweenStepsOnly()
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [1, 1], [1, 1]);
        using var optimizer = new Sgd(model, new StepDecay(0.5f, 4));
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step == 2) decision.Freeze(0, "now");
        });
        using var freeze = new FreezeController(
            model, optimizer, new Watching(new GradientNorm()), rule, options: new FreezeOptions { CheckEvery = 1, WarmUpSteps = 0 });
        freeze.Observe("accuracy", 0.9, Better.Higher);
        for (int step = 1; step <= 6; step++)
        {
            bool before = freeze.Units[0].IsFrozen;
            model.Backward([1, 0], [1, 0]);
            Assert.Equal(before, freeze.Units[0].IsFrozen);
            freeze.BeforeStep();
            Assert.Equal(before, freeze.Units[0].IsFrozen);
            Assert.Throws<InvalidOperationException>(() => freeze.Observe("accuracy", 0.1, Better.Higher));
            Assert.Equal(before, freeze.Units[0].IsFrozen);
            optimizer.Step();
            Assert.Equal(before, freeze.Units[0].IsFrozen);
            freeze.AfterStep();
            Assert.Equal(step is 2 or 3, freeze.Units[0].IsFrozen);
        }
    }

    [Fact]
    public void StepsInTheWrongOrderAreRefused()
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [1, 1], [1, 1]);
        using var optimizer = new Sgd(model, new Constant(0.5f));
        using var freeze = new FreezeController(model, optimizer, new Watching(new GradientNorm()), new Never());
        Assert.Throws<InvalidOperationException>(freeze.AfterStep);
        model.Backward([1, 0], [1, 0]);
        freeze.BeforeStep();
        Assert.Throws<InvalidOperationException>(freeze.BeforeStep);
        // Without the optimizer's step its sums would be stale in the next one.
        var error = Assert.Throws<InvalidOperationException>(freeze.AfterStep);
        Assert.Contains("optimizer", error.Message, StringComparison.OrdinalIgnoreCase);
        optimizer.Step();
        freeze.AfterStep();
        Assert.Throws<InvalidOperationException>(freeze.AfterStep);
        model.Backward([1, 0], [1, 0]);
        freeze.Step();
        Assert.Equal(2, freeze.Ledger.Steps);
    }

    /// <summary>Freezes the first unit whenever it trains, a check after it was thawed.</summary>
    private static Scripted Refreezing()
    {
        int thaws = 0;
        return new Scripted((context, decision) =>
        {
            UnitView first = context.Units[0];
            if (first.Thaws == thaws) decision.Freeze(0, "again");
            thaws = first.Thaws;
        });
    }

    private static void Run(Cells model, FreezeController freeze, int steps)
    {
        for (int step = 0; step < steps; step++)
        {
            model.Backward([.. freeze.Units.Select(_ => new double[] { 1, 0 })]);
            freeze.Step();
        }
    }

    private static void Train(Sequential model, Device device, FreezeController freeze, int from, int to)
    {
        for (int step = from; step < to; step++)
        {
            Networks.Backward(model, device, Rows, In, Classes, step);
            freeze.Step();
        }
    }

    private static Tensor Loss(Sequential model, Device device)
    {
        (Tensor inputs, IntTensor labels) = Networks.Batch(device, Rows, In, Classes);
        return model.Forward(inputs).CrossEntropy(labels);
    }

    /// <summary>These rates, the last one for ever.</summary>
    private sealed class Table(params float[] rates) : Schedule
    {
        public override string Key => $"table:{string.Join('+', rates)}";

        public override float Rate(int step) => rates[Math.Min(step, rates.Length - 1)];
    }

    private sealed class Wanting(Reads reads) : UnitStatistic
    {
        public override string Key => "wanting";

        public override Reads Reads => reads;

        public override IReadOnlyList<string> Values => ["value"];

        public override void Read(StepView step, TensorRange values) => step.Device.Fill(values, 0);
    }

    /// <summary>The second layer shares the first one's weight, or the head does and has nothing else.</summary>
    private sealed class Tied : ModuleBase
    {
        private readonly Linear[] chain;

        public Tied(bool headIsTied)
        {
            Linear first = Register("first", new Linear(Width, Width));
            Linear second = Register("second", headIsTied ? new Linear(Width, Width) : new Linear(first.Weight));
            Linear head = Register("head", headIsTied ? new Linear(first.Weight, bias: false) : new Linear(Width, Classes));
            chain = [first, second, head];
        }

        public void Backward(Device device)
        {
            using var scope = new Scope();
            Tensor x = Tensor.Full(device, [Rows, Width], 1);
            foreach (Linear layer in chain) x = layer.Forward(x);
            x.Square().Sum().Backward();
        }
    }

    private sealed class WithOwn : ModuleBase
    {
        public WithOwn()
        {
            Register("position", [3], Initializers.Zeros);
            Register("block", new Residual(new Sequential(("a", new Linear(3, 3)), ("b", new Linear(3, 3)))));
            Register("scale", [1], Initializers.Zeros);
            Register("head", new Linear(3, 2));
        }
    }
}
