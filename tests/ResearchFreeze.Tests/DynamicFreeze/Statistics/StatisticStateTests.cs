using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>Case 12: what a statistic keeps is its own, whatever others keep.</summary>
public class StatisticStateTests
{
    private const int Rows = 6, In = 12, Width = 16, Classes = 3;

    [Fact]
    public void Case12_TwoSettingsOfOneStatisticScoreTogetherAsAlone()
    {
        (ICriterion Criterion, Func<ICriterion> Again)[] pairs =
        [
            (new GradientSnr(0.1f), () => new GradientSnr(0.01f)), (new PerturbationRatio(0.9f), () => new PerturbationRatio(0.5f)), (new OneName(0.1f), () => new OneName(0.01f)),
            (new OneName(0.1f), () => new GradientSnr(0.1f)), (new Drift(), () => new WeightChange()), (new GradientNormChange(GradientMeasure.AccumulatedL1), () => new GradientNormLevel(GradientMeasure.L1)),
        ];
        foreach ((ICriterion one, Func<ICriterion> make) in pairs)
        {
            ICriterion other = make();
            double[] first = Scores(one, one), second = Scores(other, other);
            var both = new AllOf("both", (one, 1), (other, 1));
            Assert.Equal(first, Scores(both, one));
            Assert.Equal(second, Scores(both, other));
            Assert.NotEqual(first, second);
        }
    }

    [Fact]
    public void AUsersStatisticHasTheQueueOfNormsToo()
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [3, 4, 0], [1, 1]);
        using var optimizer = new Sgd(model, new Constant(0.1f));
        var rule = new Scripted();
        using var freeze = new FreezeController(model, optimizer, new Watching(new QueuedNorm()), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 2 });
        for (int step = 0; step < 2; step++)
        {
            model.Backward([1, 2, 2], [1, 0]);
            freeze.Step();
        }
        Assert.Equal([2 * 9.0, 2 * 1.0], Enumerable.Range(0, 2).Select(unit => rule.History(unit)[^1].Of("queued")[0]));
    }

    [Fact]
    public void WhatAStatisticKeptBeforeALoadIsNoPartOfTheLoadedRun()
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [3, 4, 0], [1, 1]);
        using var optimizer = new Sgd(model, new Constant(0.1f));
        var rule = new Scripted();
        using var freeze = new FreezeController(model, optimizer, new Watching(new QueuedNorm()), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 2 });
        StateTree steps = new(), state = new();
        optimizer.SaveState(steps);
        freeze.SaveState(state);
        for (int step = 0; step < 3; step++)
        {
            model.Backward([1, 2, 2], [1, 0]);
            freeze.Step();
            if (step > 0) continue;
            optimizer.LoadState(steps);
            freeze.LoadState(state);
        }
        Assert.Equal([2 * 9.0, 2 * 1.0], Enumerable.Range(0, 2).Select(unit => Assert.Single(rule.History(unit).All).Of("queued")[0]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    public void AKeyThatASavedStateCouldNotNameIsRefused(string key)
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [3, 4, 0], [1, 1]);
        using var optimizer = new Sgd(model, new Constant(0.1f));
        var error = Assert.Throws<ArgumentException>(() => new FreezeController(model, optimizer, new Watching(new QueuedNorm(key)), new Never()));
        Assert.Contains($"'{key}'", error.Message, StringComparison.Ordinal);
    }

    /// <summary>What a part of a criterion said at each check of a run under the whole.</summary>
    private static double[] Scores(ICriterion run, ICriterion asked)
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, In, Width, Classes);
        using var optimizer = new Sgd(model, new Constant(0.05f), momentum: 0.9f);
        var rule = new Scripted();
        using var freeze = new FreezeController(model, optimizer, run, rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 5 });
        var scores = new List<double>();
        for (int step = 1; step <= 60; step++)
        {
            Networks.Backward(model, device, Rows, In, Classes, step);
            freeze.Step();
            if (step % 5 == 0) scores.AddRange(rule.Checks[^1].Units.Select(unit => asked.Score(unit.History)));
        }
        Assert.Contains(scores, score => !double.IsNaN(score));
        return [.. scores];
    }

    /// <summary>A user's: its states have the same names whatever its settings, as the README's once had.</summary>
    private sealed class OneName(float weight) : ICriterion
    {
        private readonly Mean mean = new(weight);

        public string Name => "one-name";

        public string Settings => FormattableString.Invariant($"{weight}");

        public IReadOnlyList<UnitStatistic> Statistics => [mean];

        public double Score(UnitHistory history) => history.Count < 2 ? double.NaN : history[^1].Of(mean.Key)[0];

        private sealed class Mean(float weight) : UnitStatistic
        {
            public override string Key => FormattableString.Invariant($"mean-{weight}");

            public override Reads Reads => Reads.Gradient;

            public override IReadOnlyList<string> Values { get; } = ["norm"];

            public override void Accumulate(StepView step)
            {
                foreach (Parameter parameter in step.Parameters)
                {
                    // The name that GradientMoments has, too.
                    if (parameter.Grad is { } gradient) step.State(parameter, "gradient-mean").Lerp(gradient, weight);
                }
            }

            public override void Read(StepView step, TensorRange values)
            {
                float beta = 0;
                foreach (Parameter parameter in step.Parameters)
                {
                    TensorRange mean = step.State(parameter, "gradient-mean").Range;
                    step.AddNorm(NormKind.SquaredL2, mean, mean, values, beta);
                    beta = 1;
                }
            }
        }
    }

    /// <summary>Σ‖g‖² over the steps of an interval.</summary>
    private sealed class QueuedNorm(string key = "queued") : UnitStatistic
    {
        public override string Key => key;

        public override Reads Reads => Reads.Gradient;

        public override IReadOnlyList<string> Values { get; } = ["squares"];

        public override void Accumulate(StepView step)
        {
            TensorRange sum = step.State("sum", [1]).Range;
            foreach (Parameter parameter in step.Parameters)
            {
                if (parameter.Grad is { } gradient) step.AddNorm(NormKind.SquaredL2, gradient.Range, gradient.Range, sum, 1);
            }
        }

        public override void Read(StepView step, TensorRange values)
        {
            step.Device.Copy(step.State("sum", [1]).Range, values);
            step.Device.Fill(step.State("sum", [1]).Range, 0);
        }
    }
}
