using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>AutoFreeze, FreezeOut, PipeTransformer and Egeria step by step, with numbers computed by hand.</summary>
public sealed class FirstMethodTests
{
    private const double NaN = double.NaN;

    /// <summary>Sums of an interval's gradient for three units (the fourth is the head), an interval a row: ‖·‖₁ and ‖·‖₂², and what is frozen after each at the median.</summary>
    [Theory]
    [InlineData(MethodReading.Code)]
    [InlineData(MethodReading.Paper)]
    public void AutoFreezeComparesTheAccumulatedGradientsOfTwoIntervals(MethodReading reading)
    {
        // η by L1: 0.1, 0.5, 0.25: the median is 0.25, unit 0 is below it and unit 1 is not. Then 0 and 0.5 of the two that train: unit 1 is below 0.25. Then one, which is not below itself.
        double[][] l1 = [[10, 4, 8], [9, 2, 6], [9, 2, 3], [9, 2, 1.5]];
        // By L2: 10 → 5, 4 → 3, 8 → 4: 0.5, 0.25, 0.5: unit 0 is not below 0.5. Then 5 → 5, 3 → 2, 4 → 2: 0, 1/3, 1/2: unit 0 is below 1/3. Then 2 → 2 and 2 → 1: unit 1 is below 0.25.
        double[][] l2 = [[100, 16, 64], [25, 9, 16], [25, 4, 4], [25, 4, 1]];
        string[] expected = reading == MethodReading.Code ? ["", "0", "01", "01"] : ["", "", "0", "01"];
        Policy policy = AutoFreeze.Policy(reading, 50, 4);
        Assert.Equal(25, policy.Options(100).CheckEvery);
        var game = new RuleGame(4, policy.Rule);
        game.Check(NaN, NaN, NaN, NaN);
        var histories = new UnitHistory[3];
        for (int i = 0; i < 3; i++) histories[i] = new UnitHistory();
        var seen = new List<string>();
        var last = new double[4];
        for (int interval = 0; interval < 4; interval++)
        {
            for (int i = 0; i < 3; i++)
            {
                // A frozen unit is not observed.
                if (game.IsFrozen(i)) continue;
                var observation = new Observation(25 * (interval + 1), 25, 1);
                observation.Add("accumulated-gradient", [l1[interval][i], l2[interval][i]]);
                histories[i].Add(observation);
                last[i] = policy.Criterion.Score(histories[i]);
            }
            last[3] = NaN;
            game.Check(last);
            seen.Add(game.Frozen);
        }
        Assert.Equal(expected, seen);
    }

    /// <summary>S, scaled or not, step of 1000, and for units 0, 1, 2 of 3 before the head: the rate's factor, or f for frozen; the head's last.</summary>
    public static TheoryData<FreezeOutShape, bool, int, string> Rates => new()
    {
        // t0 = 0.4: u = 0.4, 0.6, 0.8, 1.
        { FreezeOutShape.Linear, false, 0, "1 1 1 1" },
        { FreezeOutShape.Linear, true, 0, "2.5 1.6667 1.25 1" },
        { FreezeOutShape.Linear, false, 200, "0.5 0.75 0.8536 0.9045" },         // a half, a third, a quarter and a fifth of the way
        { FreezeOutShape.Linear, true, 200, "1.25 1.25 1.067 0.9045" },
        { FreezeOutShape.Linear, false, 400, "0 0.25 0.5 0.6545" },
        { FreezeOutShape.Linear, false, 401, "f 0.2478 0.4980 0.6530" },
        { FreezeOutShape.Linear, false, 900, "f f f 0.0245" },
        { FreezeOutShape.Squared, true, 0, "6.25 2.7778 1.5625 1" },             // 0.16, 0.36, 0.64, 1
        { FreezeOutShape.Squared, true, 180, "f 1.3889 1.2769 0.9222" },
        { FreezeOutShape.Cubic, false, 108, "f 0.5 0.8942 0.9715" },             // 0.064, 0.216, 0.512, 1
        { FreezeOutShape.Cubic, false, 1000, "f f f 0" },
    };

    [Theory]
    [MemberData(nameof(Rates))]
    public void FreezeOutsRatesAreCosinesOfTheirOwn(FreezeOutShape shape, bool scales, int step, string expected)
    {
        Policy policy = FreezeOut.Policy(shape: shape, start: 0.4, scales: scales);
        var game = new RuleGame(4, policy.Rule) { Every = Math.Max(1, step), RunSteps = 1000 };
        FreezeDecision decision = game.Check(NaN, NaN, NaN, NaN);
        if (step > 0) decision = game.Check(NaN, NaN, NaN, NaN);
        string[] words = expected.Split(' ');
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(words[i] == "f", decision.Units[i].Frozen);
            if (words[i] != "f") Assert.Equal(double.Parse(words[i], System.Globalization.CultureInfo.InvariantCulture), decision.Units[i].LearningRateScale!.Value, 1e-4);
        }
        Assert.True(policy.Rule is IScheduleRule);
        Assert.Equal(0.3f, policy.Schedule!(0.3f, 1000).Rate(700));
    }

    /// <summary>The code's 1000 steps an epoch: of two epochs of 50 steps it sees a twentieth of its plan.</summary>
    [Fact]
    public void FreezeOutAsReleasedTakesAnEpochForAThousandSteps()
    {
        var game = new RuleGame(2, FreezeOut.Policy(MethodReading.Code, FreezeOutShape.Linear, 0.5, scales: false).Rule) { Every = 100, RunSteps = 100, EpochSteps = 50 };
        game.Check(NaN, NaN);
        FreezeDecision decision = game.Check(NaN, NaN);
        Assert.Equal(0.97553, decision.Units[0].LearningRateScale!.Value, 1e-4);      // ½ (1 + cos(π · 100 / 2000 / 0.5))
    }

    /// <summary>What a run of 20 equal units saves of its backward pass, as the paper's cost model and the reference have it.</summary>
    [Theory]
    [InlineData(FreezeOutShape.Cubic, 0.5, 26.3)]
    [InlineData(FreezeOutShape.Cubic, 0.8, 13.1)]
    [InlineData(FreezeOutShape.Linear, 0.5, 12.5)]
    [InlineData(FreezeOutShape.Linear, 0.8, 5.0)]
    [InlineData(FreezeOutShape.Squared, 0.5, 20.7)]
    public void FreezeOutSavesWhatItsCostModelSays(FreezeOutShape shape, double start, double percent) =>
        Assert.Equal(percent, 50 * Enumerable.Range(0, 20).Average(i => 1 - FreezeOutRule.PartOf(shape, start, i, 19)), 0.05);

    /// <summary>α, whether by gradient, the norms of six units (the head's last) at each check, and the number frozen after it.</summary>
    public static TheoryData<double, MethodReading, double[][], int[]> Depths => new()
    {
        // 12 would be 4, 7, 9 …; of 5: 5/3 → 2, 5 · 5/9 → 3, 5 · 19/27 → 4, 5 · 65/81 → 5.
        { 1 / 3.0, MethodReading.Code, [[NaN, NaN, NaN, NaN, NaN, NaN], [NaN, NaN, NaN, NaN, NaN, NaN], [NaN, NaN, NaN, NaN, NaN, NaN], [NaN, NaN, NaN, NaN, NaN, NaN]], [2, 3, 4, 5] },
        // The first is no opinion. Then at most ⌈5/2⌉ = 3: the smallest is unit 2, and those before it are frozen. Then 2 + ⌈3/2⌉ = 4 of which unit 2 is the smallest: nothing. Then the head is no unit of these; unit 4.
        { 0.5, MethodReading.Paper, [[NaN, NaN, NaN, NaN, NaN, NaN], [5, 4, 1, 2, 3, 0], [5, 4, 1, 2, 3, 0], [5, 4, 3, 2, 1, 0], [5, 4, 3, 2, 1, 0], [5, 4, 3, 2, NaN, 0]], [0, 2, 2, 4, 4, 4] },
        { 0.1, MethodReading.Paper, [[5, 4, 3, 2, 1, 0], [5, 4, 3, 2, 1, 0]], [1, 2] },       // ⌈0.5⌉, 1 + ⌈0.4⌉
    };

    [Theory]
    [MemberData(nameof(Depths))]
    public void PipeTransformerFreezesAPartOfWhatTrainsAfterEachEpoch(double alpha, MethodReading reading, double[][] norms, int[] frozen)
    {
        Policy policy = PipeTransformer.Policy(reading, alpha);
        Assert.Equal(1, policy.Options(100).CheckEpochs);
        Assert.Equal(7, (policy.Options(100) with { EpochSteps = 7 }).CheckEvery);
        var game = new RuleGame(6, policy.Rule);
        game.Check(NaN, NaN, NaN, NaN, NaN, NaN);
        foreach (double[] row in norms) game.Check(row);
        Assert.Equal([0, .. frozen], game.Log.Select(log => log.Length));
    }

    /// <summary>W, plasticities at each check, and the score after the last.</summary>
    public static TheoryData<int, double[], double> Slopes => new()
    {
        { 2, [4], NaN },
        { 2, [4, 2], 1 },                      // smoothed 4, 3: slope −1, the largest so far
        { 2, [4, 2, 2], 1 },                   // smoothed 4, 3, 2: slope −1
        { 2, [4, 2, 2, 1], 0.5 },              // … 1.5: slope −½
        { 2, [4, 2, 2, 2], 0 },
        { 3, [6, 3, 0], 1 },                   // smoothed 6, 4.5, 3: slope −1.5
        { 3, [6, 3, 0, 0], 1 },                // 4.5, 3, 1: (1 − 4.5) / 2 = −1.75, the largest
        { 3, [6, 3, 0, 0, 0], 6.0 / 7 },       // 3, 1, 0: −1.5
        { 2, [1, 1], NaN },                    // nothing was ever steep
    };

    [Theory]
    [MemberData(nameof(Slopes))]
    public void EgeriasScoreIsTheSlopeOfTheSmoothedPlasticity(int window, double[] values, double expected)
    {
        var history = new UnitHistory();
        for (int i = 0; i < values.Length; i++)
        {
            var observation = new Observation(i + 1, 1, 1);
            observation.Add("plasticity", [values[i]]);
            history.Add(observation);
        }
        double found = new PlasticitySlope(window).Score(history);
        Assert.Equal(expected, found, 1e-12);
    }

    /// <summary>The first unit that trains alone is judged; two checks in a row below 0.2; after a thaw no more than that.</summary>
    [Fact]
    public void EgeriaFreezesOneUnitAfterTheOther()
    {
        Policy policy = Egeria.Policy(patience: 2);
        FreezeOptions options = policy.Options(1000);
        Assert.Equal((10, 10, 10d, 100, 0d), (options.CheckEvery, options.ReferenceEvery, options.RateDrop, options.WarmUpSteps, options.RegressionMargin));
        var game = new RuleGame(4, policy.Rule);
        game.Check(0.1, 0.1, 0.1, NaN);
        game.Check(0.3, 0.1, 0.1, NaN);        // in a row: the count begins again
        game.Check(0.1, 0.1, 0.1, NaN);
        game.Check(0.1, 0.1, 0.1, NaN);
        Assert.Equal(["", "", "", "0"], game.Log);
        game.Check(0.1, 0.1, 0.1, NaN);
        game.Check(0.1, 0.1, 0.1, NaN);
        Assert.Equal("01", game.Frozen);
        game.ThawAll();
        game.Check(0.1, 0.1, 0.1, NaN);
        game.Check(0.1, 0.1, 0.1, NaN);
        Assert.Equal("0", game.Frozen);
    }
}
