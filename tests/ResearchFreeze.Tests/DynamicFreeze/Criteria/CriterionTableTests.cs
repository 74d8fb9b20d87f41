using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>Observations written down, and the scores computed by hand.</summary>
public class CriterionTableTests
{
    private const double NaN = double.NaN, Infinity = double.PositiveInfinity;

    /// <summary>The criterion, the statistic, its values at each check (two steps each), and the score.</summary>
    public static TheoryData<string, string, double[][], double> Table => new()
    {
        { "gradient-norm-level-l1", "gradient-l1", [[8], [4]], 0.5 },
        { "gradient-norm-level-accumulated-l2", "accumulated-gradient", [[1, 16], [1, 4]], 0.5 },
        { "gradient-norm-size-l1", "gradient-l1", [[8], [6]], 3 },                          // two steps
        { "gradient-norm-size-l1", "gradient-l1", [[8]], NaN },
        { "gradient-difference", "gradient-difference", [[8], [6]], 6 },
        { "gradient-difference", "gradient-difference", [[8]], NaN },                       // of one step
        { "cka-change", "kernel-alignment", [[1, 1, 1], [0.8, 1, 1]], 0.2 },
        { "cka-change", "kernel-alignment", [[1, 4, 1], [0.6, 1, 1]], 0.2 },                // 0.5 → 0.6
        { "cka-change", "kernel-alignment", [[0, 1, 1], [1, 1, 1]], NaN },
        { "cka-change", "kernel-alignment", [[1, 1, 1]], NaN },
        { "relative-step", "weight-distance-l1", [[4, 0.5]], 0.5 },
        { "relative-step", "weight-distance-l1", [[4, 0.5], [1, 0.25]], 0.25 },
        { "gradient-norm-change-l1", "gradient-l1", [[8], [6]], 0.25 },
        { "gradient-norm-change-accumulated-l1", "accumulated-gradient", [[4, 1], [5, 1]], 0.25 },
        { "gradient-norm-change-accumulated-l1", "accumulated-gradient", [[0, 0], [5, 1]], NaN },
        { "gradient-norm-change-accumulated-l2", "accumulated-gradient", [[1, 16], [1, 9]], 0.25 },
        { "gradient-snr", "gradient-moments-0.1", [[1, 4, 1]], NaN },                       // a first observation
        { "gradient-snr", "gradient-moments-0.1", [[9, 9, 1], [1, 4, 1]], 1.0 / 3 },
        { "gradient-snr", "gradient-moments-0.1", [[9, 9, 1], [0.25, 1, 0.5]], 1 },         // corrected for the start: mean² 1, square 2
        { "gradient-snr", "gradient-moments-0.1", [[9, 9, 1], [4, 4, 1]], NaN },            // nothing varies
        { "evidence-ratio", "gradient-evidence", [[3, 6]], NaN },                            // a first observation
        { "evidence-ratio", "gradient-evidence", [[9, 6], [3, 6]], 0.5 },
        { "evidence-ratio", "gradient-evidence", [[0, 0], [0, 0]], NaN },                    // no tensor has a variance
        { "relative-weight-change", "weight-distance", [[4, 16], [4, 16]], 0.5 },
        { "relative-weight-change", "weight-distance", [[4, 16], [4, 0]], NaN },
        { "absolute-weight-change", "weight-distance", [[4, 16], [9, 16]], 3 },
        { "absolute-weight-change-l1", "weight-distance-l1", [[4, 1], [7, 1]], 7 },
        { "mean-relative-weight-change", "weight-distance-l1", [[4, 1], [7, 0.25]], 0.25 },
        { "absolute-weight-change", "weight-distance", [[4, 16]], NaN },
        { "effective-perturbation", "effective-perturbation-0.9", [[1, 1, 1], [1, 4, 1]], 0.25 },
        { "effective-perturbation", "effective-perturbation-0.9", [[0, 0, 0], [0, 0, 0]], NaN },
        { "drift", "displacement", [[0, 1, 0], [0, 1, 0], [1, 4, 1], [1, 1, 1]], 0.75 },     // cosines ½ and 1
        { "drift", "displacement", [[0, 1, 0], [0, 1, 0], [1, 4, 1]], NaN },                 // one cosine where two are asked for
        { "drift", "displacement", [[0, 1, 0], [0, 1, 0], [1, 0, 1], [1, 1, 1]], NaN },
        { "drift", "displacement", [[0, 1, 0], [0, 1, 0], [-1, 4, 1], [1, 4, 1]], 0 },
        { "drift", "displacement", [[0, 1, 0], [0, 1, 0], [1, Infinity, 1], [1, 4, 1]], NaN },
        { "taylor-importance", "taylor-importance", [[3], [2]], 2 },
        { "plasticity", "plasticity", [[0.4], [0.1]], 0.25 },
        { "plasticity", "plasticity", [[0.4]], NaN },
        { "cka", "kernel-alignment", [[1, 1, 1], [1, 4, 1]], 0.5 },
        { "cka", "kernel-alignment", [[1, 1, 1], [0, 0, 1]], NaN },
        { "cka", "kernel-alignment", [[1, 1, 1]], NaN },
    };

    private static ICriterion[] All =>
    [
        new GradientNormLevel(GradientMeasure.L1), new GradientNormLevel(GradientMeasure.AccumulatedL2), new GradientNormChange(GradientMeasure.L1), new GradientNormSize(GradientMeasure.L1), new GradientNormChange(GradientMeasure.AccumulatedL1),
        new GradientNormChange(GradientMeasure.AccumulatedL2), new GradientSnr(), new EvidenceRatio(), new WeightChangeSize(WeightMeasure.Relative), new WeightChangeSize(WeightMeasure.Absolute),
        new WeightChangeSize(WeightMeasure.AbsoluteL1), new WeightChangeSize(WeightMeasure.MeanRelative), new PerturbationRatio(), new Drift(2), new TaylorScore(), new CutScore(), new PlasticityLevel(), new AlignmentLoss(), new AlignmentChange(), new GradientDifferenceSize(), new RelativeStep(),
    ];

    [Theory]
    [MemberData(nameof(Table))]
    public void R24_AScoreIsThatOfItsFormulaAndNaNWhereThatHasNoValue(string name, string statistic, double[][] values, double expected)
    {
        ICriterion criterion = All.Single(criterion => criterion.Name == name);
        Assert.Equal(statistic, Assert.Single(criterion.Statistics).Key);
        Same(expected, criterion.Score(History(statistic, values)));
    }

    [Fact]
    public void TheRelativeGradientNormNeedsBothNorms()
    {
        var history = new UnitHistory();
        foreach ((double squares, double weights) in new[] { (18.0, 4.0), (8.0, 16.0) })
        {
            var observation = new Observation(history.All.Count, 2, 0.1);
            observation.Add("gradient-norm", [squares]);
            observation.Add("weight-norm", [weights]);
            history.Add(observation);
        }
        Assert.Equal(2.0 / 4, new RelativeGradientNorm().Score(history), 1e-14);
    }

    [Theory]
    [InlineData(0.2, 0.3, 0.5, 0.4)]       // 0.2 / 0.5 and 0.3 / 0.4
    [InlineData(0.6, 0.1, 0.5, 0.25)]
    [InlineData(NaN, 0.1, 0.5, 0.25)]      // one without an opinion does not count
    [InlineData(0.6, NaN, 0.5, 1.2)]
    [InlineData(NaN, NaN, 0.5, NaN)]
    public void AnyOfIsTheSmallestShare(double first, double second, double threshold, double expected) =>
        Same(expected, new AnyOf("any", (new Fixed(first), threshold), (new Fixed(second), 0.4)).Score(new UnitHistory()));

    [Fact]
    public void WhatIsNoCriterionsSettingIsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Drift(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new GradientMoments(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new EffectivePerturbation(1));
        Assert.Throws<ArgumentException>(() => new AnyOf("any"));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AnyOf("any", (new Drift(), 0)));
    }

    private static void Same(double expected, double found)
    {
        if (double.IsNaN(expected)) Assert.Equal(NaN, found);
        else Assert.Equal(expected, found, 1e-12);
    }

    private static UnitHistory History(string statistic, double[][] values)
    {
        var history = new UnitHistory();
        foreach (double[] row in values)
        {
            var observation = new Observation(history.All.Count, 2, 0.1);
            observation.Add(statistic, row);
            history.Add(observation);
        }
        return history;
    }

    private sealed class Fixed(double score) : ICriterion
    {
        public string Name => "fixed";

        public IReadOnlyList<UnitStatistic> Statistics => [];

        public double Score(UnitHistory history) => score;
    }
}
