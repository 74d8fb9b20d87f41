using ResearchFreeze.Evaluation;

namespace ResearchFreeze.Tests.Evaluation;

public sealed class ControlCurveTests
{
    // Losses of 0.4, 0.3 and 0.2 after 1, 2 and 4 operations.
    private static readonly ControlCurve Curve = new([new RunCost(4, 0.2), new RunCost(1, 0.4), new RunCost(2, 0.3)]);

    [Theory]
    [InlineData(0.35, 1.41421, Bound.Exact)]
    [InlineData(0.3, 2, Bound.Exact)]
    [InlineData(0.25, 2.82843, Bound.Exact)]
    [InlineData(0.4, 1, Bound.Exact)]
    [InlineData(0.2, 4, Bound.Exact)]
    // Not extrapolated.
    [InlineData(0.5, 1, Bound.Less)]
    [InlineData(0.1, 4, Bound.Greater)]
    public void OperationsAreInterpolatedAlongTheirLogarithm(double loss, double operations, Bound bound)
    {
        BoundedNumber needed = Curve.Needed(loss);
        Assert.Equal(operations, needed.Value, 5);
        Assert.Equal(bound, needed.Bound);
    }

    [Theory]
    [InlineData(new[] { 3.0, 2, 1 }, new[] { 3.0, 2, 1 })]
    [InlineData(new[] { 0.30, 0.35, 0.20 }, new[] { 0.325, 0.325, 0.20 })]
    [InlineData(new[] { 1.0, 2, 3 }, new[] { 2.0, 2, 2 })]
    // 1 and 3 make 2, 4 makes (1 + 3 + 4) / 3.
    [InlineData(new[] { 5.0, 1, 3, 4, 0 }, new[] { 5, 8 / 3.0, 8 / 3.0, 8 / 3.0, 0 })]
    public void NeighboursThatRiseArePooled(double[] losses, double[] pooled) =>
        Assert.Equal(pooled.Select(loss => Math.Round(loss, 12)), new ControlCurve(losses.Select((loss, i) => new RunCost(i + 1, loss))).Points.Select(point => Math.Round(point.Loss, 12)));

    [Fact]
    public void FullTrainingChoosesTheScheduleThatIsShorter()
    {
        var better = new ControlCurve([new RunCost(1, 0.3), new RunCost(4, 0.1)]);
        // 0.25 is a quarter of the way from 0.3 to 0.1: 4^0.25.
        Assert.Equal(1.41421, ControlCurve.Needed([Curve, better], 0.25).Value, 5);
        Assert.Equal(new BoundedNumber(1, Bound.Less), ControlCurve.Needed([Curve, better], 0.35));
        // 2 · 2^0.6; the other one needs 4^0.92857.
        Assert.Equal(3.03143, ControlCurve.Needed([Curve, new ControlCurve([new RunCost(1, 0.5), new RunCost(4, 0.22)])], 0.24).Value, 4);
    }

    [Fact]
    public void TheRatioIsOfMeansAndBoundedOutside()
    {
        RunCost[][] curve = [[new RunCost(1, 0.5), new RunCost(1, 0.3)], [new RunCost(2, 0.3), new RunCost(2, 0.3)], [new RunCost(4, 0.2), new RunCost(4, 0.2)]];
        // A mean loss of 0.25 needs 2.82843 operations.
        var found = EquivalentCompute.Of([new RunCost(1, 0.26), new RunCost(3, 0.24)], [curve]);
        Assert.Equal((2, Bound.Exact), (found.Seeds, found.Ratio.Bound));
        Assert.Equal(0.70711, found.Ratio.Value, 5);
        Assert.Null(found.Low);
        Assert.Equal("> 2.00", EquivalentCompute.Of([new RunCost(2, 0.5), new RunCost(2, 0.5)], [curve]).Ratio.ToString());
        Assert.Equal("< 0.50", EquivalentCompute.Of([new RunCost(2, 0.1), new RunCost(2, 0.1)], [curve]).Ratio.ToString());
        Assert.Throws<ArgumentException>(() => EquivalentCompute.Of([new RunCost(1, 1)], [curve]));
    }

    [Fact]
    public void TheIntervalIsOverSeedsAndKeepsBounds()
    {
        RunCost[] Seeds(double operations, double loss) => [.. Enumerable.Range(0, 6).Select(seed => new RunCost(operations, loss + (0.01 * (seed % 3))))];
        RunCost[][] curve = [Seeds(1, 0.4), Seeds(2, 0.3), Seeds(4, 0.2)];
        // Paired by seed, the method is always as good as the run of 2 operations: no seed makes a difference.
        var same = EquivalentCompute.Of(Seeds(1.5, 0.3), [curve]);
        Assert.Equal(0.75, same.Low!.Value.Value, 9);
        Assert.Equal(0.75, same.High!.Value.Value, 9);
        // Sometimes better than the longest run.
        var edge = EquivalentCompute.Of([.. Seeds(2, 0.2).Select((cost, seed) => cost with { Loss = cost.Loss + (seed < 3 ? -0.01 : 0.02) })], [curve]);
        Assert.Equal(Bound.Exact, edge.Ratio.Bound);
        Assert.Equal("< 0.50", edge.Low!.Value.ToString());
        Assert.Equal(Bound.Exact, edge.High!.Value.Bound);
    }

    [Fact]
    public void BoundsAreInOrder()
    {
        BoundedNumber[] ordered = [new(0.4, Bound.Less), new(0.5, Bound.Less), new(0.3), new(2), new(0.1, Bound.Greater)];
        Assert.Equal(ordered, ordered.Reverse().Order());
        Assert.True(ordered[0] < ordered[1] && ordered[4] > ordered[3] && ordered[2] <= ordered[3] && ordered[3] >= ordered[2]);
    }
}
