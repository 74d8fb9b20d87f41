using ResearchFreeze.Data;

namespace ResearchFreeze.Tests.Training;

public sealed class SampleOrderTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(1000)]
    public void An_order_visits_every_sample_once(int count)
    {
        Assert.Equal(Enumerable.Range(0, count), SampleOrder.For(count, 42, 3).Order());
    }

    [Fact]
    public void An_order_depends_on_seed_and_epoch_alone()
    {
        int[] third = SampleOrder.For(100, 42, 3);
        SampleOrder.For(100, 42, 4);
        Assert.Equal(third, SampleOrder.For(100, 42, 3));
        Assert.NotEqual(third, SampleOrder.For(100, 42, 4));
        Assert.NotEqual(third, SampleOrder.For(100, 43, 3));
    }

    [Fact]
    public void An_order_stays_the_same_from_release_to_release()
    {
        // Runs are repeated years later: a change here is a change of every published run.
        Assert.Equal("1 6 4 2 0 3 5 7", string.Join(' ', SampleOrder.For(8, 42, 1)));
    }

    [Fact]
    public void Every_order_is_about_as_likely_as_another()
    {
        var counts = new Dictionary<string, int>();
        for (int epoch = 0; epoch < 6000; epoch++)
        {
            string order = string.Join("", SampleOrder.For(3, 5, epoch));
            counts[order] = counts.GetValueOrDefault(order) + 1;
        }
        Assert.Equal(6, counts.Count);
        // 1,000 expected, a standard deviation of 29.
        Assert.All(counts.Values, count => Assert.InRange(count, 870, 1130));
    }

    [Fact]
    public void Bad_arguments_are_named()
    {
        Assert.StartsWith("An epoch is 0 or more, found -1.", Assert.Throws<ArgumentOutOfRangeException>(() => SampleOrder.For(3, 1, -1)).Message);
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => SampleOrder.For(0, 1, 1));
        Assert.StartsWith("An order needs a positive number of samples, found 0.", error.Message);
    }
}
