using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

// Means and deviations of values far from 0.
public abstract partial class PrimitiveEdges
{
    private static readonly (int Rows, int Channels)[] Columns =
        [(1, 1), (2, 1), (7, 1), (5, 3), (16, 3), (13, 10), (9, 16), (31, 17), (64, 8), (3, 34), (33, 64), (3, 129), (2, 1025), (40_003, 1), (13_001, 3), (4001, 10), (2353, 17), (300, 130), (4, 9000), (8193, 1), (600, 40)];

    private static readonly GroupNormShape[] Groups =
    [
        new(1, 1, 1, 1, 1e-5f, true), new(1, 1, 1, 7, 1e-5f, true), new(2, 9, 1, 1, 1e-5f, true), new(2, 4, 2, 3, 1e-5f, true), new(13, 1, 1, 129, 1e-5f, true), new(2, 49, 2, 8, 1e-5f, true), new(2, 36, 2, 33, 1e-5f, true),
        new(3, 1, 1, 5000, 1e-5f, true), new(2, 900, 8, 2, 1e-5f, true), new(1, 5001, 1, 5, 1e-5f, true), new(1, 4, 3, 1500, 1e-5f, true),
    ];

    /// <summary>Relative to the deviation, whatever the mean, and if the first row of all is like no other.</summary>
    [Fact]
    public void MomentsAreThoseOfTwoPasses()
    {
        foreach ((double center, double spread) in ((double, double)[])(MaxElements < 1000 ? [(1000, 1)] : [(0, 1), (-0.3, 5), (1000, 1), (-20_000, 4), (0.125, 0), (3e-5, 1e-6)]))
        {
            // The last has more chunks than a group has threads.
            IEnumerable<(int Rows, int Channels)> sizes = Columns.Where(size => size.Rows * size.Channels <= MaxElements);
            foreach ((int rows, int channels) in center == 1000 && MaxElements > 10_000 ? sizes.Append((66_000, 18)) : sizes)
            {
                double[] values = Draw(rows * channels, center - spread, center + spread);
                for (int c = 0; c < channels && center == 1000; c += 3) values[c] = -7000;
                Twin x = Keep(Twin.Of("x", values, reference, Device)), mean = Garbage("mean", channels), variance = Garbage("variance", channels);
                foreach (Device on in Both()) on.Moments(new BatchNormShape(rows, channels, 1e-5f), x.On(on), mean.On(on), variance.On(on));
                double[] means = mean.Values(reference), variances = variance.Values(reference), foundMeans = mean.Values(Device), found = variance.Values(Device);
                for (int c = 0; c < channels; c++)
                {
                    // No worse than the mean's last digit.
                    double allowed = (1.2e-7 * Math.Abs(means[c])) + (1e-6 * Math.Sqrt(variances[c]));
                    string label = $"{rows} rows of {channels} about {center} ± {spread}";
                    Assert.True(Math.Abs(foundMeans[c] - means[c]) <= allowed, $"{label}: mean {c} is {foundMeans[c]:R}, expected {means[c]:R} ± {allowed:R}.");
                    Assert.True(Math.Abs(found[c] - variances[c]) <= 4e-6 * variances[c], $"{label}: variance {c} is {found[c]:R}, expected {variances[c]:R}.");
                }
                Release();
            }
        }
    }

    [Fact]
    public void MomentsShowWhatIsNotFinite()
    {
        var shape = new BatchNormShape(300, 5, 1e-5f);
        double[] values = Draw(1500, -1, 1);
        (values[501], values[998], values[1494]) = (double.NaN, double.PositiveInfinity, double.NegativeInfinity);     // channels 1, 3, 4
        Twin x = Keep(Twin.Of("x", values, reference, Device)), mean = Garbage("mean", 5), variance = Garbage("variance", 5);
        foreach (Device on in Both()) on.Moments(shape, x.On(on), mean.On(on), variance.On(on));
        double[] means = mean.Values(Device), variances = variance.Values(Device);
        for (int c = 0; c < 5; c++) Assert.Equal((c is 0 or 2, c is 0 or 2), (double.IsFinite(means[c]), double.IsFinite(variances[c])));
        Assert.Equal(mean.Values(reference)[2], means[2], 6);
    }

    /// <summary>What is left of a mean of 1000 has lost three digits, and a deviation much smaller than ε multiplies the rest; the deviation itself keeps more.</summary>
    [Fact]
    public void GroupNormKeepsTheDigitsOfADistantMean()
    {
        foreach (GroupNormShape shape in Groups.Where(shape => shape.Count <= MaxElements))
        {
            foreach (bool isFirstFar in (bool[])[false, true])
            {
                double[] values = Draw(shape.Count, 999, 1001);
                if (isFirstFar) values[0] = -1000;
                Twin x = Keep(Twin.Of("x", values, reference, Device)), gamma = Random("gamma", shape.Channels), y = Garbage("y", shape.Count), state = Garbage("state", shape.StateCount);
                foreach (Device on in Both()) on.GroupNorm(shape, x.On(on), gamma.On(on), null, y.On(on), state.On(on));
                y.AssertSame($"{shape}", reference, Device, isFirstFar ? 1e-4 : 2e-4);
                state.AssertSame($"{shape}", reference, Device, 1e-6);
                Release();
            }
        }
    }
}
