using ResearchFreeze.Autograd;
using ResearchFreeze.Data;

namespace ResearchFreeze.Tests.Training;

public sealed class HostDataSetWithTests
{
    // Sample i has the value i.
    private static readonly HostDataSet Six = HostDataSet.FromArrays([0, 1, 2, 3, 4, 5], [1], [0, 1, 2, 0, 1, 2], 3, "six").WithClassNames(["a", "b", "c"]);

    [Fact]
    public void Chosen_classes_are_numbered_in_their_order_and_samples_keep_their_ids()
    {
        HostDataSet set = Six.WithClasses(2, 0);
        Assert.Equal([1, 0, 1, 0], set.Labels);
        Assert.Equal([0, 2, 3, 5], Ids(set));
        Assert.Equal([0f, 2f, 3f, 5f], Values(set));
        Assert.Equal(["c", "a"], set.ClassNames!);
        Assert.Equal(2, set.ClassCount);
        HostDataSet again = set.WithClasses(0);
        Assert.Equal([2, 5], Ids(again));
        Assert.Equal([2f, 5f], Values(again));
        Assert.Equal([0, 0], again.Labels);
        Assert.Equal([2, 5], Ids(again.WithLabels([0, 0])));
        Assert.Equal([0, 1, 2, 0, 1, 2], Six.Labels);
    }

    [Fact]
    public void Batches_tell_the_ids_of_the_original_set()
    {
        using var reader = new BatchReader(Six.WithClasses(1, 2), new BatchOptions { BatchSize = 3, Seed = 8 });
        var seen = new SortedDictionary<int, (int Label, float Value)>();
        foreach (HostBatch batch in reader.Read(1))
        {
            for (int i = 0; i < batch.Count; i++) seen.Add(batch.SampleIds[i], (batch.Labels[i], batch.Inputs[i]));
        }
        Assert.Equal([1, 2, 4, 5], seen.Keys);
        Assert.Equal([(0, 1f), (1, 2f), (0, 4f), (1, 5f)], seen.Values);
    }

    [Fact]
    public void Bad_choices_are_refused_in_one_line()
    {
        Refused(() => Six.WithClasses(), "six: expected at least one class, found none.");
        Refused(() => Six.WithClasses(0, 3), "six: expected classes in [0, 3), found 3.");
        Refused(() => Six.WithClasses(-1), "six: expected classes in [0, 3), found -1.");
        Refused(() => Six.WithClasses(1, 1), "six: expected each class once, found 1 twice.");
        Refused(() => Six.WithLabels([0, 0, 0, 0, 0, 0]).WithClasses(2), "six: expected at least one sample, found none.");
        Refused(() => Six.Select(0, 6), "six: expected indices in [0, 6), found 6.");
        Refused(() => Six.WithClassNames(["a"]), "six: expected 3 names, one a class, found 1.");
        Refused(() => Six.WithNormalisation(new Normalisation([1, 2], [1, 1])), "six: expected constants for 1 or 1 channels, as samples of 1 have, found 2.");
    }

    [Fact]
    public void Selected_samples_are_in_the_order_given()
    {
        int[] chosen = [4, 0];
        HostDataSet set = Six.Select(chosen);
        chosen[0] = 1;
        Assert.Equal([4, 0], Ids(set));
        Assert.Equal([4, 5], Ids(Six.Select(3, 4, 5).Select(1, 2)));
    }

    [Fact]
    public void The_default_set_can_be_restricted_by_its_spec()
    {
        DataSplits all = HostDatasets.Load(), some = HostDatasets.Load("fashion-mnist-small:classes=0-2+7");
        Assert.Equal((4, 4000, 400, 800), (some.ClassCount, some.Train.Count, some.Validation.Count, some.Test.Count));
        Assert.All(Enumerable.Range(0, 800), i => Assert.Equal(all.Test.Labels[some.Test.IdOf(i)], some.Test.Labels[i] == 3 ? 7 : some.Test.Labels[i]));
    }

    [Fact]
    public void Samples_may_come_one_by_one()
    {
        HostDataSet set = HostDataSet.From(Enumerable.Range(0, 3).Select(i => (new float[] { i, 2 * i, 3 * i, 4 * i }, i % 2)), [2, 2], 2, "mine");
        Assert.Equal("mine: 3 samples of 2 × 2, 2 classes", set.ToString());
        var sample = new float[4];
        set.CopySample(2, sample);
        Assert.Equal([2f, 4f, 6f, 8f], sample);
        using var device = new CpuDevice(1);
        Assert.Equal(new Shape(2, 2, 1), DataSets.On(DataSplits.Split(set), device, 1).Test.SampleShape);
        Refused(() => HostDataSet.From([([1], 0), ([1, 2], 0)], [1], 1, "mine"), "mine: expected 1 values a sample, of shape (1), found 2 at sample 1.");
        Refused(() => HostDataSet.From([([1], 0), ([1], 1)], [1], 1, "mine"), "mine: expected labels in [0, 1), found 1 at sample 1.");
        Refused(() => HostDataSet.From([], [1], 1, "mine"), "mine: expected at least one sample, found none.");
    }

    [Fact]
    public void Constants_are_of_each_channel()
    {
        Normalisation pixels = Normalisation.Of([0, 255, 10, 255, 255, 10], 3);
        Assert.Equal([0.5, 1, 10 / 255.0], pixels.Means, (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal([0.5, 1, 1], pixels.Deviations);
        HostDataSet set = HostDataSet.FromArrays([1, 100, 3, 100, 5, 100], [2], [0, 0, 0], 1);
        Normalisation measured = Normalisation.Of(set);
        Assert.Equal([3, 100], measured.Means);
        Assert.Equal([Math.Sqrt(8 / 3.0), 1], measured.Deviations, (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal([-Math.Sqrt(1.5), 0, 0, 0, Math.Sqrt(1.5), 0], Values(set.WithNormalisation(measured)).Select(value => (double)value), (a, b) => Math.Abs(a - b) < 1e-6);
        Assert.Throws<ArgumentException>(() => new Normalisation([0, 0], [1]));
        Assert.Throws<ArgumentException>(() => new Normalisation(double.NaN, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Normalisation.Of([1, 2, 3], 2));
    }

    private static void Refused(Action action, string message) => Assert.Equal(message, Assert.Throws<DataFormatException>(action).Message);

    private static IEnumerable<int> Ids(HostDataSet set) => Enumerable.Range(0, set.Count).Select(set.IdOf);

    private static float[] Values(HostDataSet set)
    {
        var values = new float[set.Count * set.SampleSize];
        for (int i = 0; i < set.Count; i++) set.CopySample(i, values.AsSpan(i * set.SampleSize, set.SampleSize));
        return values;
    }
}
