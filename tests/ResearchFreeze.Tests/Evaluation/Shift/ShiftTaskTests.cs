using ResearchFreeze.Data;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Evaluation;

namespace ResearchFreeze.Tests.Training.Validation;

public class ShiftTaskTests
{
    private const int Side = 8;

    [Fact]
    public void AnInvertedImageIsOneMinusTheStoredValueUnderTheSameNormalisation()
    {
        DataSplits clean = Images(), after = ShiftedData.After(clean, Shift.Inverted, 1);
        float[] was = Sample(clean.Train, 3), now = Sample(after.Train, 3);
        // Stored v gives (v − 0.25) / 0.5, so that v and 1 − v sum to (1 − 0.5) / 0.5.
        Assert.All(was.Zip(now), pair => Assert.Equal(1, pair.First + pair.Second, 1e-5));
        Assert.NotEqual(was[0], was[1]);
        Assert.Equal(clean.Train.Labels, after.Train.Labels);
        Assert.All(Sample(clean.Test, 0).Zip(Sample(after.Test, 0)), pair => Assert.Equal(1, pair.First + pair.Second, 1e-5));
    }

    [Fact]
    public void ABlurredImageIsTheMeanOverSevenPixelsTwiceAlongBothAxes()
    {
        DataSplits clean = Images(), after = ShiftedData.After(clean, Shift.Blurred, 1);
        float[] was = Sample(clean.Train, 3), now = Sample(after.Train, 3);
        for (int y = 0; y < Side; y++)
        {
            for (int x = 0; x < Side; x++) Assert.Equal(Twice(was, y, x), now[(y * Side) + x], 1e-4);
        }
    }

    [Fact]
    public void NewClassesAreTheSecondHalf()
    {
        DataSplits clean = Images(), before = ShiftedData.Before(clean, Shift.NewClasses), after = ShiftedData.After(clean, Shift.NewClasses, 1);
        Assert.Equal((2, 2), (before.ClassCount, after.ClassCount));
        // Labels go 0 1 2 3 0 1 …: the first sample of the old class 2 is the third.
        Assert.Equal(Sample(clean.Train, 2), Sample(after.Train, 0));
        Assert.Equal(Sample(clean.Train, 4), Sample(before.Train, 2));
        Assert.Same(clean, ShiftedData.Before(clean, Shift.PermutedLabels));
    }

    [Fact]
    public void PermutedLabelsAreTheSameInAllPartsAndNoneStays()
    {
        DataSplits clean = Images();
        for (ulong seed = 0; seed < 6; seed++)
        {
            DataSplits after = ShiftedData.After(clean, Shift.PermutedLabels, seed);
            (int, int)[] pairs = [.. clean.Train.Labels.Zip(after.Train.Labels).Concat(clean.Test.Labels.Zip(after.Test.Labels)).Distinct()];
            Assert.Equal(4, pairs.Length);
            Assert.Equal(4, pairs.Select(pair => pair.Item2).Distinct().Count());
            Assert.All(pairs, pair => Assert.NotEqual(pair.Item1, pair.Item2));
        }
    }

    [Fact]
    public void ARunRefusedOrThawedWhereItsFirstUnitTrainsOrFreezingItCostNothing()
    {
        ShiftRun never = Made(0.80, 0);
        Assert.True(Made(0.70, 0).RefusedOrThawed(never, 0.01));
        Assert.True(Made(0.795, 2).RefusedOrThawed(never, 0.01));
        Assert.True(Made(0.85, 2).RefusedOrThawed(never, 0.01));
        Assert.False(Made(0.78, 2).RefusedOrThawed(never, 0.01));
        var summary = ShiftSummary.Of("made up", [Made(0.70, 0), Made(0.78, 3)], [never, never], 0.01);
        Assert.Equal((2, 0.74, 1.5, 1), (summary.Runs, Math.Round(summary.Accuracy, 12), summary.FrozenInFront, summary.RefusedOrThawed));

        static ShiftRun Made(double accuracy, int front) => new(Shift.Inverted, 1, accuracy, front, []);
    }

    [Fact]
    public void InvertedImagesNeedTheFirstLayersAndPermutedLabelsOnlyTheHead()
    {
        var tasks = new ShiftTasks(new ShiftSettings { Threads = 1 }, HostDatasets.FashionMnistSmall());
        Assert.Equal(4, tasks.Units);
        ShiftRun never = tasks.RunStatic(Shift.Inverted, 0, 2), head = tasks.RunStatic(Shift.Inverted, 3, 2);
        Assert.Equal((0, 3, 3), (never.FrozenInFront, head.FrozenInFront, head.Decisions.Count));
        Assert.True(never.Accuracy > head.Accuracy + 0.03, $"inverted: {never.Accuracy} against {head.Accuracy} with the head alone");
        ShiftRun all = tasks.RunStatic(Shift.PermutedLabels, 0, 2), last = tasks.RunStatic(Shift.PermutedLabels, 3, 2);
        Assert.True(last.Accuracy > all.Accuracy - 0.02, $"permuted: {all.Accuracy} against {last.Accuracy} with the head alone");
    }

    [Fact]
    public void TheSameSeedGivesTheSameRunWhetherItsWeightsWereMadeBeforeOrNot()
    {
        var settings = new ShiftSettings { Images = 200, PretrainingEpochs = 1, Epochs = 1, Threads = 1 };
        DataSplits data = HostDatasets.FashionMnistSmall();
        var tasks = new ShiftTasks(settings, data);
        double first = tasks.RunStatic(Shift.Blurred, 1, 5).Accuracy;
        Assert.Equal(first, tasks.RunStatic(Shift.Blurred, 1, 5).Accuracy);
        Assert.Equal(first, new ShiftTasks(settings, data).RunStatic(Shift.Blurred, 1, 5).Accuracy);
        // What a network was before decides how it adapts in one pass.
        Assert.NotEqual(first, new ShiftTasks(settings with { PretrainingEpochs = 4 }, data).RunStatic(Shift.Blurred, 1, 5).Accuracy);
    }

    [Fact]
    public void APolicyIsRunOnAShiftAndItsFrozenUnitsAreCounted()
    {
        var settings = new ShiftSettings { Images = 200, PretrainingEpochs = 1, Epochs = 2, Threads = 1 };
        var tasks = new ShiftTasks(settings, HostDatasets.FashionMnistSmall());
        ShiftRun run = tasks.Run(Shift.NewClasses, new Policy(new WeightChange(), new PrefixPatience(1, 1000), _ => FreezeOptions.WithoutTriggers with { CheckEvery = 1 }), 2);
        Assert.Equal((3, 3), (run.FrozenInFront, run.Decisions.Count));
        Assert.InRange(run.Accuracy, 0.2, 1);
        Assert.Throws<ArgumentException>(() => tasks.RunStatic(Shift.NewClasses, 4, 2));
    }

    /// <summary>Four classes of 8×8 grey images in which no two pixels beside each other are the same.</summary>
    private static DataSplits Images() => new("made up", Part(12), Part(4), Part(8));

    private static HostDataSet Part(int count)
    {
        byte[] pixels = [.. Enumerable.Range(0, count * Side * Side).Select(i => (byte)(i * 37 % 251))];
        return HostDataSet.FromPixels(pixels, [Side, Side], [.. Enumerable.Range(0, count).Select(i => i % 4)], 4, new Normalisation(0.25, 0.5));
    }

    private static float[] Sample(HostDataSet set, int index)
    {
        var values = new float[set.SampleSize];
        set.CopySample(index, values);
        return values;
    }

    private static double Twice(float[] image, int y, int x) => Around(y).Average(row => Around(x).Average(column => Once(image, row, column)));

    private static double Once(float[] image, int y, int x) => Around(y).Average(row => Around(x).Average(column => (double)image[(row * Side) + column]));

    private static IEnumerable<int> Around(int place) => Enumerable.Range(place - 3, 7).Select(at => Math.Clamp(at, 0, Side - 1));
}
