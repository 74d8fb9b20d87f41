using ResearchFreeze.Data;

namespace ResearchFreeze.Tests.Training;

public sealed class HostDataSetTests
{
    [Fact]
    public void Values_are_used_as_they_are()
    {
        HostDataSet set = HostDataSet.FromArrays([1, 2, 3, 4, 5, 6], [3], [1, 0], 2);
        var sample = new float[3];
        set.CopySample(1, sample);
        Assert.Equal([4f, 5f, 6f], sample);
        Assert.Equal((2, 3, 2), (set.Count, set.SampleSize, set.ClassCount));
        Assert.Null(set.Normalisation);
        Assert.Equal("arrays: 2 samples of 3, 2 classes", set.ToString());
    }

    [Fact]
    public void Pixels_are_normalised()
    {
        var normalisation = new Normalisation(0.25, 0.5);
        HostDataSet set = HostDataSet.FromPixels([0, 51, 102, 255], [2, 2], [0], 1, normalisation);
        var sample = new float[4];
        set.CopySample(0, sample);
        Assert.Equal([-0.5f, -0.1f, 0.3f, 1.5f], sample, (a, b) => MathF.Abs(a - b) < 1e-7f);
    }

    /// <summary>7 / 255 is rounded, and so is a mean of many: their difference is no deviation to divide by.</summary>
    [Theory]
    [InlineData(7)]
    [InlineData(100)]
    public void Equal_pixels_have_a_deviation_of_1(byte value)
    {
        byte[] pixels = [.. Enumerable.Repeat(value, 3000)];
        Assert.Equal(1, Normalisation.Of(HostDataSet.FromPixels(pixels, [10, 10], new int[30], 1, new Normalisation(0, 1))).Deviations[0]);
        pixels[^1]++;
        Assert.Equal(Math.Sqrt(1.0 / 3000) / 255, Normalisation.Of(HostDataSet.FromPixels(pixels, [10, 10], new int[30], 1, new Normalisation(0, 1))).Deviations[0], 1e-6);
    }

    [Fact]
    public void Constants_are_mean_and_deviation()
    {
        Normalisation constants = Normalisation.Of([0, 0, 255, 255]);
        Assert.Equal(0.5, constants.Means[0], 1e-12);
        Assert.Equal(0.5, constants.Deviations[0], 1e-12);
        Assert.Equal(new Normalisation(1, 1), Normalisation.Of([255, 255]));
    }

    public static TheoryData<float[], int[], int[], string> BadArrays => new()
    {
        { [1, 2, 3], [2], [0, 0], "bad: expected 4 values (2 samples of 2), found 3." },
        { [1, 2, 3, 4, 5], [2], [0, 0], "bad: expected 4 values (2 samples of 2), found 5." },
        { [], [2], [], "bad: expected at least one sample, found none." },
        { [1, 2], [1], [0, 3], "bad: expected labels in [0, 3), found 3 at sample 1." },
        { [1, 2], [1], [-1, 0], "bad: expected labels in [0, 3), found -1 at sample 0." },
        { [1, 2, 3, 4, float.NaN, 6], [3], [0, 0], "bad: expected finite values, found NaN at sample 1, feature 1." },
        { [1, 2, float.PositiveInfinity], [3], [0], "bad: expected finite values, found Infinity at sample 0, feature 2." },
        { [1], [], [0], "bad: expected a sample shape of positive sizes and at most 2147483591 values, found []." },
        { [1], [2, 0], [0], "bad: expected a sample shape of positive sizes and at most 2147483591 values, found [2, 0]." },
        { [1], [-1, -1], [0], "bad: expected a sample shape of positive sizes and at most 2147483591 values, found [-1, -1]." },
        { [1], [65536, 65536], [0], "bad: expected a sample shape of positive sizes and at most 2147483591 values, found [65536, 65536]." },
    };

    [Theory]
    [MemberData(nameof(BadArrays))]
    public void Bad_arrays_are_refused_in_one_line(float[] values, int[] shape, int[] labels, string expected)
    {
        var error = Assert.Throws<DataFormatException>(() => HostDataSet.FromArrays(values, shape, labels, 3, "bad"));
        Assert.Equal(expected, error.Message);
    }

    [Fact]
    public void No_classes_is_an_error()
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => HostDataSet.FromArrays([1], [1], [0], 0));
        Assert.StartsWith("arrays: the number of classes must be positive, found 0.", error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void A_sample_that_is_not_there_is_an_error()
    {
        HostDataSet set = HostDataSet.FromArrays([1, 2], [1], [0, 0], 1);
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => set.CopySample(2, new float[1]));
        Assert.StartsWith("arrays: a sample's index is in [0, 2), found 2.", error.Message);
    }

    [Fact]
    public void Labels_can_be_replaced()
    {
        HostDataSet set = HostDataSet.FromArrays([1, 2], [1], [0, 1], 2);
        HostDataSet other = set.WithLabels([1, 1]);
        Assert.Equal([1, 1], other.Labels);
        Assert.Equal([0, 1], set.Labels);
        var sample = new float[1];
        other.CopySample(1, sample);
        Assert.Equal(2, sample[0]);
        Assert.Equal("arrays: expected 2 labels, one a sample, found 1.", Assert.Throws<DataFormatException>(() => set.WithLabels([0])).Message);
        Assert.Equal("arrays: expected labels in [0, 2), found 2 at sample 0.", Assert.Throws<DataFormatException>(() => set.WithLabels([2, 0])).Message);
    }

    [Fact]
    public void Parts_must_agree()
    {
        HostDataSet train = HostDataSet.FromArrays([1, 2], [2], [0], 2, "train");
        HostDataSet wide = HostDataSet.FromArrays([1, 2, 3], [3], [0], 2, "wide");
        HostDataSet many = HostDataSet.FromArrays([1, 2], [2], [0], 3, "many");
        var error = Assert.Throws<DataFormatException>(() => new DataSplits("mine", train, wide, train));
        Assert.Equal("wide: expected samples of 2 as in train, found samples of 3.", error.Message);
        error = Assert.Throws<DataFormatException>(() => new DataSplits("mine", train, train, many));
        Assert.Equal("many: expected 2 classes as in train, found 3.", error.Message);
        Assert.Equal(2, new DataSplits("mine", train, train, train).ClassCount);
    }
}
