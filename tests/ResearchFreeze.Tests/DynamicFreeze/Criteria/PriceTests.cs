using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>What a freeze is expected to cost, against numbers computed by hand.</summary>
public class PriceTests
{
    private const double NaN = double.NaN;

    /// <summary>Steps, ∫rate, the optimizer's gain and memory, Σ d·Δ², and the debt.</summary>
    public static TheoryData<int, double, double, double, double, double> Debts => new()
    {
        { 5, 2, 1, 0, 8, 1 },                    // 8 / (4 · 2)
        { 5, 0.5, 1, 0, 8, 4 },
        { 1, 2, 2, 0.5, 8, 0.5 / (1 / 3.0) },    // one update shows (1 − m)/(1 + m) of the long run's variance
        { 2, 2, 2, 0.5, 8, 1 },                  // 1 − 2 · ½ · ¾ / (¾ · 2) = ½
        { 5, 0, 1, 0, 8, NaN },                  // a rate of zero
        { 5, 2, 1, 0, 0, 0 },
        { 5, 2, 1, 0, NaN, NaN },
    };

    [Theory]
    [MemberData(nameof(Debts))]
    public void TheAnnealingDebtIsAQuarterOfTheNoiseOverTheDistance(int steps, double rate, double gain, double memory, double cost, double expected)
    {
        UnitHistory history = History((steps, rate, gain, memory, NaN, cost, 0));
        Same(expected, new AnnealingDebt(1, corrected: true).Score(history));
        Same(expected, new AnnealingDebt(1, corrected: true).Price(history));
        Same(cost / (4 * gain * rate) is var plain && double.IsFinite(plain) ? plain : NaN, new AnnealingDebt(1).Score(history));
        Same(NaN, new AnnealingDebt(2).Score(history));
    }

    [Fact]
    public void AnUpdateSumShowsTheVarianceThatTheMemoryLeavesIt()
    {
        // u ← m·u + e: the variance of Σ u over T steps of the stationary process, by its covariances, over T / (1 − m)².
        foreach (double memory in new[] { 0, 0.5, 0.9 })
        {
            foreach (int steps in new[] { 1, 2, 7, 40 })
            {
                double sum = 0;
                for (int i = 0; i < steps; i++)
                {
                    for (int j = 0; j < steps; j++) sum += Math.Pow(memory, Math.Abs(i - j)) / (1 - (memory * memory));
                }
                Assert.Equal(sum * (1 - memory) * (1 - memory) / steps, AnnealingDebt.Shown(memory, steps), 1e-12);
            }
        }
    }

    [Fact]
    public void TheRemainingGainAddsWhatADirectionStillPromises()
    {
        // Two observations to compare with, then two: debts 1 and 3; slopes 6 / (2 · 2) and −2 / (2 · 2), mean ½; 10 of rate are left.
        UnitHistory history = History((5, 2, 1, 0, 40, 8, 0), (5, 2, 1, 0, 30, 8, 0), (5, 2, 1, 0, 20, 8, 6), (5, 2, 1, 0, 10, 24, -2));
        Same(2 + (0.5 * 10), new RemainingGain(2).Score(history));
        Same(NaN, new RemainingGain(3).Score(history));
        // Noise that points back is no gain.
        Same(2, new RemainingGain(2).Score(History((5, 2, 1, 0, 40, 8, 0), (5, 2, 1, 0, 30, 8, 0), (5, 2, 1, 0, 20, 8, 6), (5, 2, 1, 0, 10, 24, -8))));
        // Where the run's length is not known, the gain is not.
        Same(NaN, new RemainingGain(1).Score(History((5, 2, 1, 0, NaN, 8, 0), (5, 2, 1, 0, NaN, 8, 0), (5, 2, 1, 0, NaN, 8, 4))));
    }

    [Fact]
    public void APricedCriterionScoresByOneAndPricesByTheOther()
    {
        var priced = new Priced(new Drift(1), new AnnealingDebt(1));
        UnitHistory history = History((5, 2, 1, 0, NaN, 8, 0), (5, 2, 1, 0, NaN, 8, 0), (5, 2, 1, 0, NaN, 8, 0));
        Same(new Drift(1).Score(history), priced.Score(history));
        Same(1, priced.Price(history));
        Assert.Equal("displacement", Assert.Single(priced.Statistics).Key);
        Same(NaN, ((ICriterion)new Drift(1)).Price(history));
    }

    /// <summary>What updates divide gradients by, after gradients (2, 1) and (0, 1).</summary>
    [Fact]
    public void TheDivisorIsWhatTheOptimizersUpdateDividesBy()
    {
        // Adam: second moments ½ · (½ · 4) and ½ · (½ + 1), corrected by 1 − ½².
        Check(model => new AdamW(model, new Constant(0.1f), beta2: 0.5f, epsilon: 0.25f), [Math.Sqrt(1 / 0.75) + 0.25, Math.Sqrt(0.75 / 0.75) + 0.25]);
        Check(model => new RmsProp(model, new Constant(0.1f), alpha: 0.5f, epsilon: 0.25f), [1 + 0.25, Math.Sqrt(0.75) + 0.25]);
        // Lion: the last gradient's mean square is ½.
        Check(model => new Lion(model, new Constant(0.1f), beta1: 0.5f, beta2: 0.5f), [Math.Sqrt(Math.PI / 2 * 0.5 * (0.25 + (0.25 * 0.5 / 1.5)))]);
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [3, 4, 0], [1, 1]);
        using var sgd = new Sgd(model, new Constant(0.1f), momentum: 0.75f);
        Assert.Null(sgd.Divisor(model.Parameters().First()));
        Assert.Equal((4, 0.75), (sgd.StepGain, sgd.StepMemory));

        static void Check(Func<ModuleBase, Optimizer> make, double[] expected)
        {
            using var device = new ReferenceDevice();
            using var model = new Cells(device, [3, 4, 0], [1, 1]);
            using Optimizer optimizer = make(model);
            foreach (double[] gradient in (double[][])[[2, 1, 0], [0, 1, 0]])
            {
                model.Backward(gradient, [1, 0]);
                optimizer.Step();
                optimizer.ClearGradients();
            }
            using Tensor divisor = optimizer.Divisor(model.Parameters().First())!;
            double[] found = divisor.ToDoubles();
            Assert.Equal(expected.Length, found.Length);
            for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], found[i], 1e-6);
            Assert.Equal(1, optimizer.StepGain);
        }
    }

    [Fact]
    public void UnderAdamTheDisplacementIsWeighedWithTheDivisor()
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [3, 4, 0], [1, 1]);
        using var optimizer = new AdamW(model, new Constant(0.1f), beta1: 0, beta2: 0.5f, epsilon: 1e-30f, weightDecay: 0);
        var rule = new Scripted();
        using var freeze = new FreezeController(model, optimizer, new Watching(new Displacement()), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 1, RunSteps = 10 });
        for (int step = 0; step < 3; step++)
        {
            model.Backward([2, -1, 0], [1, 0]);
            freeze.Step();
        }
        // The same gradient each time: √v̂ is its size, and each scalar moves by the rate.
        Observation last = rule.History(0)[2];
        Assert.Equal(0.01 * (2 + 1), Displacement.Cost(last), 1e-8);
        Assert.Equal(0.01 * (2 + 1), Displacement.Gain(last), 1e-8);
        Assert.Equal((1, 0, 0.7), (last.StepGain, last.StepMemory, Math.Round(last.RemainingRate, 6)));
    }

    private static UnitHistory History(params (int Steps, double Rate, double Gain, double Memory, double Remaining, double Cost, double Slope)[] rows)
    {
        var history = new UnitHistory();
        foreach ((int steps, double rate, double gain, double memory, double remaining, double cost, double slope) in rows)
        {
            var observation = new Observation(history.All.Count, steps, rate) { StepGain = gain, StepMemory = memory, RemainingRate = remaining };
            observation.Add("displacement", [slope, cost, cost, cost, slope]);
            history.Add(observation);
        }
        return history;
    }

    private static void Same(double expected, double found)
    {
        if (double.IsNaN(expected)) Assert.Equal(NaN, found);
        else Assert.Equal(expected, found, 1e-12);
    }
}
