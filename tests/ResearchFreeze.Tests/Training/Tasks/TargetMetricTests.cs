using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

/// <summary>Metrics by tables that were computed by hand.</summary>
public sealed class TargetMetricTests
{
    // Two targets of three samples, in two batches: errors 1, -2 | 0, 3 | -1, 0.
    private static readonly double[][] Outputs = [[3, 8, 5, 13], [3, 10]];
    private static readonly double[][] Targets = [[2, 10, 5, 10], [4, 10]];

    [Fact]
    public void ErrorsOfNumbers()
    {
        // Squares 1 + 4 + 0 + 9 + 1 + 0 = 15 of six; absolute 7 of six.
        Assert.Equal(Math.Sqrt(15 / 6.0), Value(new RootMeanSquaredError()), 1e-15);
        Assert.Equal(7 / 6.0, Value(new MeanAbsoluteError()), 1e-15);
        // The first target: mean 11/3, squares 14/3, errors 2; the second has one value throughout.
        Assert.True(double.IsNaN(Value(new DeterminationCoefficient())));
        Assert.Equal(1 - (2 / (14 / 3.0)), Value(new DeterminationCoefficient(), [[3, 5], [3]], [[2, 5], [4]], 1), 1e-14);
    }

    [Fact]
    public void TheLossIsOfNormalisedTargets()
    {
        // Deviations 2 and 4: errors 0.5, -0.5 | 0, 0.75 | -0.5, 0.
        Assert.Equal((0.25 + 0.25 + 0 + 0.5625 + 0.25 + 0) / 6, Value(new RegressionLoss(), deviations: [2, 4]), 1e-15);
        // Half of the square up to 0.5; beyond 0.5 (0.75 - 0.25).
        Assert.Equal((0.125 + 0.125 + 0 + 0.25 + 0.125 + 0) / 6, Value(new RegressionLoss(0.5), deviations: [2, 4]), 1e-15);
    }

    [Fact]
    public void SeveralLabels()
    {
        double[][] logits = [[2, -1, 0, 3], [-0.5, 1]], labels = [[1, 0, 1, 0], [1, 1]];
        double[] terms = [Math.Log(1 + Math.Exp(-2)), Math.Log(1 + Math.Exp(-1)), Math.Log(2), Math.Log(1 + Math.Exp(3)), Math.Log(1 + Math.Exp(0.5)), Math.Log(1 + Math.Exp(-1))];
        Assert.Equal(terms.Average(), Value(new MultiLabelLoss(), logits, labels), 1e-15);
        // Said: 2, 3, 1; set: 1st, 3rd, 5th, 6th. Right 2, wrong 1, missed 2.
        Assert.Equal(4 / 7.0, Value(new MicroF1(), logits, labels), 1e-15);
        Assert.Equal(0, Value(new MicroF1(), [[-1, -1]], [[0, 0]]));
        Assert.Equal((1000 + Math.Log(1 + Math.Exp(-1))) / 2, Value(new MultiLabelLoss(), [[1000, 1]], [[0, 1]]), 1e-12);
    }

    [Fact]
    public void TopKAndRocArea()
    {
        using var device = new ReferenceDevice();
        double[] logits = [3, 2, 1, 1, 1, 0, 0, 5, 5, 2, 0, 1];
        int[] labels = [1, 1, 2, 0];
        Assert.Equal(1 / 4.0, Classes(device, new TopK(1), logits, labels));       // the first of equals: class 1, not 2
        Assert.Equal(1, Classes(device, new TopK(2), logits, labels));
        Assert.Equal(1, Classes(device, new TopK(9), logits, labels));
        // Two classes, by the difference of their logits: 1, 2, 2, 3 of classes 0, 0, 1, 1: of four pairs three are right and one is a tie.
        Assert.Equal(3.5 / 4, Classes(device, new RocArea(), [0, 1, 0, 2, 0, 2, 0, 3], [0, 0, 1, 1]), 1e-15);
        Assert.True(double.IsNaN(Classes(device, new RocArea(), [0, 1, 0, 2], [1, 1])));
        Assert.Equal([Better.Higher, Better.Higher, Better.Lower, Better.Higher], new IMetric[] { new TopK(1), new RocArea(), new MeanAbsoluteError(), new DeterminationCoefficient() }.Select(metric => metric.Better));
    }

    private static double Value(IMetric metric, double[][]? outputs = null, double[][]? targets = null, int columns = 2, double[]? deviations = null)
    {
        using var device = new ReferenceDevice();
        metric.Begin(columns);
        for (int batch = 0; batch < (outputs ?? Outputs).Length; batch++)
        {
            double[] found = (outputs ?? Outputs)[batch];
            using Tensor tensor = Tensor.From(device, found.Select(value => (float)value).ToArray(), [found.Length / columns, columns]);
            metric.Accumulate(new MetricBatch(tensor, found, (targets ?? Targets)[batch], deviations ?? []));
        }
        return metric.Value().Scalar;
    }

    private static double Classes(Device device, IMetric metric, double[] logits, int[] labels)
    {
        using Tensor tensor = Tensor.From(device, logits.Select(value => (float)value).ToArray(), [labels.Length, logits.Length / labels.Length]);
        using IntTensor classes = IntTensor.From(device, labels);
        metric.Begin(logits.Length / labels.Length);
        metric.Accumulate(new MetricBatch(tensor, classes, logits, labels));
        return metric.Value().Scalar;
    }
}
