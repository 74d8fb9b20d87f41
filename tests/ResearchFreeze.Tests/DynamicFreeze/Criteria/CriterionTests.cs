using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Tests.DynamicFreeze;

public class CriterionTests
{
    private const double NaN = double.NaN, Infinity = double.PositiveInfinity;

    /// <summary>Gradient norms, oldest first, and the score.</summary>
    public static TheoryData<double[], double> Levels => new()
    {
        { [5], NaN }, { [5, 3], 0.6 }, { [3, 5], 1 }, { [5, 10, 2], 0.2 }, { [5, 0], 0 }, { [0, 0], NaN }, { [0, 5], 1 },
        { [5, NaN], NaN }, { [NaN, 5], 1 }, { [NaN, NaN], NaN }, { [Infinity, 5], 1 }, { [Infinity, 5, 4], 0.8 },
    };

    public static TheoryData<double[], double> Changes => new()
    {
        { [5], NaN }, { [5, 4], 0.2 }, { [4, 5], 0.25 }, { [9, 5, 4], 0.2 }, { [5, 5], 0 }, { [0, 5], NaN }, { [0, 0], NaN }, { [5, 0], 1 },
        { [NaN, 5], NaN }, { [5, NaN], NaN }, { [Infinity, 5], NaN }, { [5, Infinity], Infinity },
    };

    /// <summary>Triples: squared distance, squared norm, integrated rate.</summary>
    public static TheoryData<double[], double> WeightChanges => new()
    {
        { [4, 16, 0.5], NaN },
        { [4, 16, 0.5, 1, 16, 0.5], 0.5 },
        { [1, 16, 0.5, 4, 16, 0.5], 1 },
        { [4, 16, 0.5, 1, 16, 0.25], 1 },                // half the distance at half the rate: as fast as ever
        { [4, 16, 0.5, 4, 64, 0.5], 0.5 },
        { [4, 16, 0.5, 0, 16, 0.5], 0 },
        { [0, 16, 0.5, 0, 16, 0.5], NaN },               // never moved: no scale to compare with
        { [4, 0, 0.5, 4, 0, 0.5], NaN },
        { [4, 16, 0.5, 4, 0, 0.5], NaN },
        { [4, 16, 0.5, 4, 16, 0], NaN },
        { [4, 0, 0.5, 4, 16, 0.5], 1 },                  // what had no opinion sets no scale
        { [NaN, 16, 0.5, 4, 16, 0.5], 1 },
        { [4, 16, 0.5, NaN, 16, 0.5], NaN },
        { [Infinity, 16, 0.5, 4, 16, 0.5], 1 },
        { [4, 16, 0.5, 4, Infinity, 0.5], NaN },
    };

    [Theory]
    [MemberData(nameof(Levels))]
    public void R24_GradientNormLevelIsTheFractionOfTheLargestAndNaNWhereThereIsNone(double[] norms, double expected) =>
        Check(expected, new GradientNormLevel().Score(Norms(norms)));

    [Theory]
    [MemberData(nameof(Changes))]
    public void R24_GradientNormChangeIsRelativeToTheLastIntervalAndNaNWhereThatIsZero(double[] norms, double expected) =>
        Check(expected, new GradientNormChange().Score(Norms(norms)));

    [Theory]
    [MemberData(nameof(WeightChanges))]
    public void R24_WeightChangeIsPerRateAndNormAndNaNWhereADenominatorIsZero(double[] numbers, double expected)
    {
        var history = new UnitHistory();
        for (int i = 0; i < numbers.Length; i += 3)
        {
            var observation = new Observation(i + 1, 2, numbers[i + 2]);
            observation.Add("weight-distance", numbers[i..(i + 2)]);
            history.Add(observation);
        }
        Check(expected, new WeightChange().Score(history));
    }

    [Fact]
    public void AThawStartsAStretchWhoseFirstObservationHasNoOpinionButTheScaleRemains()
    {
        UnitHistory history = Norms(10, 5);
        history.BeginStretch();
        Add(history, 1);
        Check(NaN, new GradientNormLevel().Score(history));
        Check(NaN, new GradientNormChange().Score(history));
        Add(history, 2);
        Check(0.2, new GradientNormLevel().Score(history));
        Check(1, new GradientNormChange().Score(history));
    }

    [Fact]
    public void AllOfIsTheWorstOfItsPartsRelativeToTheirThresholds()
    {
        var history = new UnitHistory();
        Check(1.5, new AllOf("both", (new Fixed(0.1), 0.2), (new Fixed(0.3), 0.2)).Score(history));
        Check(0.75, new AllOf("both", (new Fixed(0.15), 0.2), (new Fixed(0.3), 0.5)).Score(history));
        Check(0, new AllOf("both", (new Fixed(0), 0.2), (new Fixed(0), 0.5)).Score(history));
        Check(Infinity, new AllOf("both", (new Fixed(0), 0.2), (new Fixed(Infinity), 0.5)).Score(history));
    }

    [Fact]
    public void R24_AllOfHasNoOpinionAsSoonAsOnePartHasNone()
    {
        var history = new UnitHistory();
        Check(NaN, new AllOf("both", (new Fixed(NaN), 1), (new Fixed(9), 1)).Score(history));
        Check(NaN, new AllOf("both", (new Fixed(9), 1), (new Fixed(NaN), 1)).Score(history));
        Check(NaN, new AllOf("both", (new Fixed(0), 1), (new Fixed(NaN), 1)).Score(history));
    }

    [Fact]
    public void AllOfMeasuresASharedStatisticOnceAndExplainsEveryPart()
    {
        var both = new AllOf("both", (new GradientNormLevel(), 0.5), (new GradientNormChange(), 0.25), (new WeightChange(), 0.125));
        Assert.Equal(["gradient-norm", "weight-distance"], both.Statistics.Select(statistic => statistic.Key));
        UnitHistory history = Norms(5, 4);
        var two = new AllOf("two", (new GradientNormLevel(), 0.5), (new GradientNormChange(), 0.25));
        Assert.Equal("gradient-norm-level 0.8 (limit 0.5), gradient-norm-change 0.2 (limit 0.25)", two.Explain(history));
    }

    /// <summary>What is below its limit comes first; what is not, and need not be, is said to be enough without.</summary>
    [Fact]
    public void Case52_AConclusionIsASentenceThatNamesEveryNumberAndWhatItIsHeldAgainst()
    {
        UnitHistory history = Norms(5, 4);
        Assert.Equal("its gradient is small beside its largest (gradient-norm-level 0.8, limit 0.9)", ((ICriterion)new GradientNormLevel()).Conclude(history, 0.9));
        Assert.Equal("its gradient is still large (gradient-norm-level 0.8, limit 0.5)", ((ICriterion)new GradientNormLevel()).Conclude(history, 0.5));
        const string Changes = "its gradient's norm hardly changes (gradient-norm-change 0.2, limit 0.25)";
        Assert.Equal($"{Changes}; its gradient is still large (gradient-norm-level 0.8, limit 0.5), but one sign is enough", new AnyOf("one", (new GradientNormLevel(), 0.5), (new GradientNormChange(), 0.25)).Conclude(history, 1));
        Assert.Equal($"its gradient is small beside its largest (gradient-norm-level 0.8, limit 0.9) and {Changes}", new AllOf("both", (new GradientNormLevel(), 0.9), (new GradientNormChange(), 0.25)).Conclude(history, 1));
        Assert.Equal("its sign-consistency is not low (sign-consistency 2, limit 0.5)", ((ICriterion)new Named("sign-consistency", 2)).Conclude(history, 0.5));
    }

    private sealed class Named(string name, double score) : ICriterion
    {
        public string Name => name;
        public IReadOnlyList<UnitStatistic> Statistics => [];
        public double Score(UnitHistory history) => score;
    }

    [Fact]
    public void AllOfRefusesNoPartsAndThresholdsThatAreNotPositive()
    {
        Assert.Throws<ArgumentException>(() => new AllOf("none"));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AllOf("zero", (new Fixed(1), 0)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AllOf("nan", (new Fixed(1), NaN)));
    }

    private static UnitHistory Norms(params double[] norms)
    {
        var history = new UnitHistory();
        foreach (double norm in norms) Add(history, norm);
        return history;
    }

    private static void Add(UnitHistory history, double norm)
    {
        var observation = new Observation(history.All.Count + 1, 4, 1);
        observation.Add("gradient-norm", [4 * norm * norm]);
        history.Add(observation);
    }

    private static void Check(double expected, double score)
    {
        if (double.IsFinite(expected)) Assert.Equal(expected, score, 1e-12);
        else Assert.Equal(expected, score);
    }

    private sealed class Fixed(double score) : ICriterion
    {
        public string Name => "fixed";

        public IReadOnlyList<UnitStatistic> Statistics => [];

        public double Score(UnitHistory history) => score;
    }
}
