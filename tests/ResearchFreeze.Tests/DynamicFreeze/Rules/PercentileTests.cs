using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Tests.DynamicFreeze;

public class PercentileTests
{
    private const double NaN = double.NaN, Infinity = double.PositiveInfinity;

    /// <summary>Percentile, whether a prefix, scores (the last unit is the head), and the frozen units after one check.</summary>
    public static TheoryData<double, bool, double[], string> Cases => new()
    {
        { 50, true, [0.1, 0.2, 0.9, 0.3, 5], "01" },            // 0.25; the head is no part of it
        { 50, false, [0.1, 0.2, 0.9, 0.3, 0], "01" },
        { 50, true, [0.1, 0.9, 0.2, 0.3, 5], "0" },             // what is low behind 0.9 stays
        { 50, false, [0.1, 0.9, 0.2, 0.3, 5], "02" },
        { 50, true, [0.9, 0.1, 0.2, 0.3, 5], "" },
        { 50, true, [NaN, 0.1, 0.2, 0.9, 5], "" },              // no opinion at the front
        { 50, false, [NaN, 0.1, 0.2, 0.9, 5], "1" },            // 0.2, of three
        { 50, true, [0.1, NaN, 0.2, 0.9, 5], "0" },
        { 50, true, [0.5, 0.5, 0.5, 0.5, 5], "" },              // at the percentile is not below it
        { 75, true, [0.1, 0.2, 0.3, 0.9, 5], "012" },           // 0.45
        { 25, true, [0.1, 0.2, 0.3, 0.9, 5], "0" },             // 0.175
        { 100, true, [0.1, 0.2, 0.3, 0.9, 5], "012" },
        { 50, false, [0.1, Infinity, Infinity, 5], "" },        // no finite percentile
        { 50, false, [0.1, 0.2, Infinity, 5], "" },             // nor here, as in numpy: 0 · ∞
        { 50, true, [0.1, 5], "" },                             // one unit is never below itself
        { 50, true, [NaN, NaN, NaN, NaN], "" },
        { 50, true, [5], "" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void FreezesWhatIsBelow(double percent, bool isPrefix, double[] scores, string frozen)
    {
        var game = new RuleGame(scores.Length, new Percentile(percent, isPrefix));
        game.Check(scores);
        Assert.Equal(frozen, game.Frozen);
    }

    [Fact]
    public void OnlyUnitsThatTrainCountSoTheFrontAdvances()
    {
        var game = new RuleGame(5, new Percentile());
        game.Check(0.1, 0.2, 0.3, 0.4, 9);
        game.Check(0.1, 0.2, 0.3, 0.4, 9);    // of 0.3 and 0.4
        game.Check(0.1, 0.2, 0.3, 0.4, 9);
        Assert.Equal(["01", "012", "012"], game.Log);
    }

    /// <summary>numpy.percentile([4, 1, 3, 2, 7], p).</summary>
    [Theory]
    [InlineData(50, "3")]
    [InlineData(60, "3.4")]
    [InlineData(75, "4")]
    [InlineData(90, "5.8")]
    [InlineData(10, "1.4")]
    public void ThePercentileIsNumpysAndIsInTheReason(double percent, string limit)
    {
        FreezeDecision decision = new RuleGame(6, new Percentile(percent, isPrefix: false)).Check(4, 1, 3, 2, 7, 0);
        Assert.Equal($"score 1: below {limit}, the {percent}th percentile of 5 units", decision.Units[1].Reason);
    }

    [Fact]
    public void BadSettingsAreNamed()
    {
        foreach (double bad in new[] { -1, 0, 100.5, NaN })
            Assert.Contains("in (0, 100]", Assert.Throws<ArgumentOutOfRangeException>(() => new Percentile(bad)).Message, StringComparison.Ordinal);
    }
}
