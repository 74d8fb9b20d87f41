using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

/// <summary>Metrics against tables computed by hand. The model gives its inputs back as logits.</summary>
[EverySimdLevel]
public sealed class MetricTableTests : IDisposable
{
    private readonly CpuDevice device = new(1);

    public void Dispose() => device.Dispose();

    [Fact]
    public void TheConfusionMatrixCountsLabelsInRowsAndPredictionsInColumns()
    {
        double[,] table = Measure(new ConfusionMatrix(), 3, (0, 0), (0, 1), (0, 1), (2, 1), (1, 1), (2, 2)).Table!;
        Assert.Equal(new double[,] { { 1, 2, 0 }, { 0, 1, 0 }, { 0, 1, 1 } }, table);
        Assert.True(double.IsNaN(Measure(new ConfusionMatrix(), 2, (0, 0)).Scalar));
    }

    [Fact]
    public void MacroF1IsTheMeanOverTheClassesThatOccur()
    {
        // TP, FP, FN: class 0: 1, 0, 2 → 2/4; class 1: 1, 3, 0 → 2/5; class 2: 1, 0, 1 → 2/3.
        Assert.Equal((0.5 + 0.4 + (2 / 3.0)) / 3, Measure(new MacroF1(), 3, (0, 0), (0, 1), (0, 1), (2, 1), (1, 1), (2, 2)).Scalar, 1e-12);
        // Class 3 of 4 occurs nowhere and is left out; class 2 is only predicted and has 0.
        Assert.Equal((1 + (2 / 3.0) + 0) / 3, Measure(new MacroF1(), 4, (0, 0), (1, 1), (1, 2)).Scalar, 1e-12);
        // Class 1 is only a label: 0, though nothing was ever predicted as it.
        Assert.Equal(((2 / 3.0) + 0) / 2, Measure(new MacroF1(), 3, (0, 0), (1, 0)).Scalar, 1e-12);
        Assert.Equal(1, Measure(new MacroF1(), 5, (2, 2), (2, 2)).Scalar);
    }

    [Fact]
    public void OfEqualLogitsTheFirstIsThePrediction()
    {
        IMetric[] metrics = [new AccuracyMetric(), new MacroF1(), new ConfusionMatrix()];
        MetricValue[] found = Evaluate(metrics, [1, 1, 0, 0, 2, 2], 3, [0, 2]);
        Assert.Equal(0.5, found[0].Scalar);
        Assert.Equal(new double[,] { { 1, 0, 0 }, { 0, 0, 0 }, { 0, 1, 0 } }, found[2].Table!);
    }

    [Fact]
    public void TheLossIsTheMeanCrossEntropyAlsoOfLargeLogits()
    {
        Assert.Equal((Math.Log(1 + Math.Exp(-2)) + Math.Log(2)) / 2, Evaluate([new LossMetric()], [2, 0, 3, 3], 2, [0, 1])[0].Scalar, 1e-12);
        Assert.Equal(1000, Evaluate([new LossMetric()], [1000, 0, -500, 500], 2, [1, 1])[0].Scalar * 2, 1e-9);
    }

    [Fact]
    public void TheCalibrationErrorIsOfBinsByConfidence()
    {
        // Confidence p for class 0. With 2 bins, (0, ½] and (½, 1]: 0.6 right, 0.9 wrong, 0.8 right are together: |2 − 2.3| / 3.
        Assert.Equal(0.3 / 3, Calibration(2, (0.6, 0), (0.9, 1), (0.8, 0)), 1e-6);
        // With 5 bins 0.9 and 0.85 are together, 0.55 is alone: (|1 − 1.75| + |1 − 0.55|) / 3.
        Assert.Equal((0.75 + 0.45) / 3, Calibration(5, (0.9, 1), (0.55, 0), (0.85, 0)), 1e-6);
        // Certain and wrong; certain and right.
        Assert.Equal(1, Evaluate([new CalibrationError()], [1000, 0], 2, [1])[0].Scalar);
        Assert.Equal(0, Evaluate([new CalibrationError()], [1000, 0], 2, [0])[0].Scalar);
    }

    [Fact]
    public void AConfidenceOnAnEdgeBelongsToTheBinBelow()
    {
        for (int edge = 1; edge <= 15; edge++)
        {
            double at = edge / 15.0;
            Assert.Equal(edge - 1, CalibrationError.Bin(at, 15));
            Assert.Equal(edge - 1, CalibrationError.Bin(Math.BitDecrement(at), 15));
            if (edge < 15) Assert.Equal(edge, CalibrationError.Bin(Math.BitIncrement(at), 15));
        }
        Assert.Equal(0, CalibrationError.Bin(double.Epsilon, 15));
        // Two equal logits are exactly ½: with 2 bins apart from 0.6, so gaps of opposite sign do not cancel.
        Assert.Equal((0.5 + 0.4) / 2, Evaluate([new CalibrationError(2)], [0, 0, (float)Math.Log(0.6), (float)Math.Log(0.4)], 2, [1, 0])[0].Scalar, 1e-6);
    }

    [Fact]
    public void FifteenBinsAreTheDefault()
    {
        // 0.61 is in (9/15, 10/15], 0.67 in (10/15, 11/15]: apart with 15 bins, together with 5.
        Assert.Equal((0.39 + 0.67) / 2, Calibration(15, (0.61, 0), (0.67, 1)), 1e-6);
        Assert.Equal(Calibration(15, (0.61, 0), (0.67, 1)), Evaluate([new CalibrationError()], Logits((0.61, 0), (0.67, 1)), 2, [0, 1])[0].Scalar);
        Assert.Throws<ArgumentOutOfRangeException>(() => new CalibrationError(0));
    }

    [Fact]
    public void BatchesMakeNoDifferenceAndAMetricCanBeUsedAgain()
    {
        // 1000 samples are four batches, the last one shorter.
        var random = new RandomStream(4, "metrics");
        float[] logits = [.. Enumerable.Range(0, 3000).Select(_ => (float)random.NextNormal())];
        int[] labels = [.. Enumerable.Range(0, 1000).Select(_ => random.NextInt32(3))];
        IMetric[] metrics = [new LossMetric(), new AccuracyMetric(), new MacroF1(), new CalibrationError(), new ConfusionMatrix()];
        MetricValue[] first = Evaluate(metrics, logits, 3, labels), again = Evaluate(metrics, logits, 3, labels);
        Assert.Equal(first[..4], again[..4]);
        Assert.Equal(first[4].Table, again[4].Table);
        double[,] table = first[4].Table!;
        Assert.Equal(1000, table.Cast<double>().Sum());
        Assert.Equal(first[1].Scalar, (table[0, 0] + table[1, 1] + table[2, 2]) / 1000, 1e-12);
        double f1 = Enumerable.Range(0, 3).Average(c => 2 * table[c, c] / Enumerable.Range(0, 3).Sum(other => table[c, other] + table[other, c]));
        Assert.Equal(f1, first[2].Scalar, 1e-12);
    }

    [Fact]
    public void AMetricOfOnesOwnSeesLogitsAndLabelsOnBothSides()
    {
        var mine = new Mine();
        var known = new RunCatalogues();
        known.Metrics.Add("mine", "mine", _ => mine);
        Assert.Same(mine, MetricCatalogue.Parse("mine", known.Metrics)[0]);
        Assert.Equal(2 + 1 + 1, Evaluate([mine], [2, 0, 0, 1], 2, [0, 1])[0].Scalar);
    }

    [Fact]
    public void LogitsThatAreNoneAreRefused()
    {
        var host = HostDataSet.FromArrays([1, 2], [2], [2], 3, "three");
        DataSet data = DataSets.On(new DataSplits("three", host, host, host), device, 1).Test;
        using var model = new Sequential(("fc", new Linear(2, 2)));
        model.Initialize(device, 1);
        Assert.Equal(
            "Evaluation: needs logits of shape (1, 3 or more) for 1 samples in 3 classes, found (1, 2).", Assert.Throws<ShapeException>(() => Metrics.Evaluate(model, data)).Message);
    }

    [Fact]
    public void TrainingDataIsMeasuredWithoutAugmentation()
    {
        HostDataSet host = HostDataSet.FromArrays([1, 0, 0, 1, 0, 0], [1, 3], [0, 0], 3);
        using var model = new Sequential(("flatten", new Flatten()), ("fc", new Linear(3, 3)));
        Identity(model, 3);
        DataSets data = DataSets.On(new DataSplits("images", host, host, host), device, 1, new Augmentation(new Blank()));
        Assert.Equal(1, Metrics.Accuracy(model, data.Train));
    }

    /// <summary>Adds up labels and the logits of labels, half of them read from the device.</summary>
    private sealed class Mine : IMetric
    {
        private double sum;

        public string Name => "mine";

        public Better Better => Better.Higher;

        public void Begin(int classes) => sum = 0;

        public void Accumulate(in MetricBatch batch)
        {
            for (int i = 0; i < batch.Count; i++) sum += batch.DeviceLogits.ToArray()[(i * batch.Classes) + batch.Labels[i]] + batch.DeviceLabels.ToArray()[i];
        }

        public MetricValue Value() => new(sum);
    }

    private sealed class Blank : IAugmentation
    {
        public void Apply(ref AugmentationRandom random, Shape sample, ReadOnlySpan<float> from, Span<float> to) => to.Fill(-1);
    }

    private double Calibration(int bins, params (double First, int Label)[] samples) =>
        Evaluate([new CalibrationError(bins)], Logits(samples), 2, [.. samples.Select(sample => sample.Label)])[0].Scalar;

    private static float[] Logits(params (double First, int Label)[] samples) => [.. samples.SelectMany(sample => new[] { (float)Math.Log(sample.First), (float)Math.Log(1 - sample.First) })];

    /// <summary>A metric of samples with these labels and predictions.</summary>
    private MetricValue Measure(IMetric metric, int classes, params (int Label, int Predicted)[] samples)
    {
        var logits = new float[samples.Length * classes];
        for (int i = 0; i < samples.Length; i++) logits[(i * classes) + samples[i].Predicted] = 1;
        return Evaluate([metric], logits, classes, [.. samples.Select(sample => sample.Label)])[0];
    }

    private MetricValue[] Evaluate(IMetric[] metrics, float[] logits, int classes, int[] labels)
    {
        var host = HostDataSet.FromArrays(logits, [classes], labels, classes);
        using var model = new Sequential(("fc", new Linear(classes, classes)));
        Identity(model, classes);
        return Metrics.Evaluate(model, DataSets.On(new DataSplits("logits", host, host, host), device, 1).Test, metrics);
    }

    private void Identity(Sequential model, int size)
    {
        model.Initialize(device, 1);
        device.Upload([.. Enumerable.Range(0, size * size).Select(i => i / size == i % size ? 1f : 0)], model.Parameters().First().Value.Range);
    }
}
