using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Layers;

/// <summary>Losses by hand: each reduction, classes that do not count, probabilities as targets, pixels, pairs; on the reference and the CPU, with gradients against difference quotients.</summary>
public sealed class LossTests
{
    private static readonly double[] Logits = [1, 2, 0.5, -1, 0.25, 3];

    [Fact]
    public void ReductionsOfElementsAreMeanSumAndTerms()
    {
        Check([1, 2, 3], [1.5, 0, 3], (p, t, r) => Loss.MeanSquaredError(p, t, r), [0.25, 4, 0]);
        Check([1, 2, 3], [1.5, 0, 3], (p, t, r) => Loss.MeanAbsoluteError(p, t, r), [0.5, 2, 0]);
        Check([1, 2, 3], [1.5, 0, 3], (p, t, r) => Loss.Huber(p, t, 1, r), [0.125, 1.5, 0]);
        Check([0, 2, -1], [1, 0, 0.5], (p, t, r) => Loss.BinaryCrossEntropy(p, t, r), [Math.Log(2), 2 + Log1pExp(-2), 0.5 + Log1pExp(-1)]);

        static double Log1pExp(double x) => Math.Log(1 + Math.Exp(x));
    }

    [Fact]
    public void CrossEntropyOfLabelsCountsWhatCounts()
    {
        double[] lp = LogSoftmax(Logits);
        // Labels 2 and −100: the second row does not count.
        On(device =>
        {
            Tensor x = Tensor.From(device, Logits, [2, 3]);
            IntTensor labels = IntTensor.From(device, [2, Tensor.DefaultIgnoreIndex]), both = IntTensor.From(device, [2, 0]);
            Tensor weights = Tensor.From(device, [1, 1, 3.0], [3]);
            Same([-lp[2], 0], Loss.CrossEntropy(x, labels, reduction: Reduction.None));
            Same([-lp[2]], Loss.CrossEntropy(x, labels, reduction: Reduction.Sum));
            Same([-lp[2]], Loss.CrossEntropy(x, labels));
            Same([-3 * lp[2], -lp[3]], Loss.CrossEntropy(x, both, weights, reduction: Reduction.None));
            Same([((-3 * lp[2]) - lp[3]) / 4], Loss.CrossEntropy(x, both, weights));
            // The mean of smoothed terms is the fused operation's.
            Same([Loss.CrossEntropy(x, both, smoothing: 0.2).Item()], Loss.CrossEntropy(x, both, smoothing: 0.2, reduction: Reduction.None).Mean());
            Same([0], Loss.CrossEntropy(x, labels, smoothing: 0.2, reduction: Reduction.None).Slice(0, 1, 2));
            // From logarithms of probabilities.
            Same([-lp[2], -lp[3]], Loss.NegativeLogLikelihood(x.LogSoftmax(), both, reduction: Reduction.None));
            Same([((-3 * lp[2]) - lp[3]) / 4], Loss.NegativeLogLikelihood(x.LogSoftmax(), both, weights));
            Same([-lp[2]], Loss.NegativeLogLikelihood(x.LogSoftmax(), labels));
            // A label out of range names value and position.
            Assert.Contains("3", Assert.Throws<ArgumentOutOfRangeException>(() => Loss.CrossEntropy(x, IntTensor.From(device, [0, 3]), reduction: Reduction.Sum)).Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void PixelsAreRows()
    {
        On(device =>
        {
            Tensor x = Tensor.From(device, Logits, [1, 1, 2, 3]);
            IntTensor labels = IntTensor.From(device, [2, 0], [1, 1, 2]);
            double[] lp = LogSoftmax(Logits);
            Same([(-lp[2] - lp[3]) / 2], Loss.CrossEntropy(x, labels));
            Tensor terms = Loss.CrossEntropy(x, labels, reduction: Reduction.None);
            Assert.Equal(new Shape(1, 1, 2), terms.Shape);
            Same([-lp[2], -lp[3]], terms);
            Assert.Contains("need labels (1, 1, 2), found (2)", Assert.Throws<ShapeException>(() => Loss.CrossEntropy(x, IntTensor.From(device, [2, 0]))).Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void ProbabilitiesAreTargets()
    {
        double[] lp = LogSoftmax(Logits), t = [0.5, 0.25, 0.25, 0, 0, 1];
        double[] terms = [-(0.5 * lp[0]) - (0.25 * lp[1]) - (0.25 * lp[2]), -lp[5]];
        On(device =>
        {
            Tensor x = Tensor.From(device, Logits, [2, 3]), target = Tensor.From(device, t, [2, 3]);
            Same(terms, Loss.CrossEntropy(x, target, reduction: Reduction.None));
            Same([terms.Average()], Loss.CrossEntropy(x, target));
            // What t knows already is not in the divergence.
            double[] divergence = [terms[0] + (0.5 * Math.Log(0.5)) + (0.5 * Math.Log(0.25)), terms[1]];
            Same(divergence, Loss.KullbackLeibler(x.LogSoftmax(), target, Reduction.None));
            Same([divergence.Average()], Loss.KullbackLeibler(x.LogSoftmax(), target));
            // A class that cannot be, and is not wanted, adds nothing.
            Tensor impossible = Tensor.From(device, [0, double.NegativeInfinity], [1, 2]);
            Same([0], Loss.KullbackLeibler(impossible, Tensor.From(device, [1.0, 0], [1, 2])));
        });
    }

    [Fact]
    public void PairsAreComparedByAngleAndDistance()
    {
        On(device =>
        {
            Tensor a = Tensor.From(device, [3, 4, 1, 0], [2, 2]), b = Tensor.From(device, [4, 3, 0, 2], [2, 2]), target = Tensor.From(device, [1.0, -1], [2]), same = Tensor.From(device, [1.0, 0], [2]);
            Same([0.96, 0], Loss.CosineSimilarity(a, b));
            Same([0.04, 0], Loss.CosineEmbedding(a, b, target, reduction: Reduction.None));
            Same([Math.Sqrt(2), Math.Sqrt(5)], Loss.Distance(a, b), 3e-6);
            Same([1, 0], Loss.Contrastive(a, b, same, margin: 2, reduction: Reduction.None), 3e-6);
            Same([Math.Max(0, Math.Sqrt(2) - Math.Sqrt(20) + 4)], Loss.Triplet(a.Slice(0, 0, 1), b.Slice(0, 0, 1), a.Slice(0, 1, 2), margin: 4), 3e-6);
            // Two pairs: cosines 0.96 and 0 with their own, 0.8 and 0.6 with the others'.
            double queries = Term(0.96, 0.8) + Term(0, 0.8), keys = Term(0.96, 0.8) + Term(0, 0.8);
            Assert.True(double.IsFinite(queries + keys));
            double expected = (Term(0.96, 0.8) + Term(0, 0.8) + Term(0.96, 0.8) + Term(0, 0.8)) / 4;
            Same([expected], Loss.InfoNce(a, b, 0.5), 1e-5);
            // A vector of zeros has no angle, and no infinite slope.
            Tensor zero = Tensor.Zeros(device, [1, 2]).AsLeaf();
            Loss.CosineSimilarity(zero, a.Slice(0, 0, 1)).Sum().Backward();
            Assert.All(zero.Grad!.ToArray(), value => Assert.True(float.IsFinite(value)));
        });

        static double Term(double own, double other) => Math.Log(Math.Exp(own / 0.5) + Math.Exp(other / 0.5)) - (own / 0.5);
    }

    [Fact]
    public void AnEmptyBatchIsRefused()
    {
        On(device =>
        {
            Tensor none = Tensor.Zeros(device, [0, 3]);
            IntTensor labels = IntTensor.From(device, []);
            foreach (Action loss in (Action[])[() => Loss.MeanSquaredError(none, none), () => Loss.MeanAbsoluteError(none, none), () => Loss.CrossEntropy(none, labels), () => Loss.CrossEntropy(none, none),
                () => Loss.NegativeLogLikelihood(none, labels), () => Loss.KullbackLeibler(none, none), () => Loss.Triplet(none, none, none), () => Loss.Huber(none, none, reduction: Reduction.Sum)])
                Assert.Contains("empty batch", Assert.Throws<ShapeException>(loss).Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void GradientsAreThoseOfDifferenceQuotients()
    {
        using var device = new ReferenceDevice();
        var a = new Parameter("a", [3, 4]);
        var b = new Parameter("b", [3, 4]);
        foreach (Parameter parameter in new[] { a, b })
        {
            parameter.Materialize(device);
            parameter.Set([.. Enumerable.Range(0, 12).Select(i => (float)Math.Sin((i * 2.3) + parameter.Path[0]))]);
        }
        int[] classes = [1, Tensor.DefaultIgnoreIndex, 3];
        (string Name, Func<Tensor> Loss)[] losses =
        [
            ("cross entropy of labels, summed", () => Loss.CrossEntropy(a, IntTensor.From(device, classes), smoothing: 0.1, reduction: Reduction.Sum)),
            ("cross entropy of probabilities", () => Loss.CrossEntropy(a, b.Value.Softmax(), smoothing: 0.1)),
            ("negative log-likelihood", () => Loss.NegativeLogLikelihood(a.Value.LogSoftmax(), IntTensor.From(device, classes), b.Value.Slice(0, 0, 1).Reshape(4).Square())),
            ("kullback-leibler", () => Loss.KullbackLeibler(a.Value.LogSoftmax(), b.Value.Softmax())),
            ("cosine embedding", () => Loss.CosineEmbedding(a, b, Tensor.From(device, [1.0, -1, 1], [3]), margin: -1.5)),
            ("contrastive", () => Loss.Contrastive(a, b, Tensor.From(device, [1.0, 0, 1], [3]), margin: 9)),
            ("triplet", () => Loss.Triplet(a, b, a.Value.Flip(0), margin: 9)),
            ("info-nce", () => Loss.InfoNce(a, b, 0.5)),
            ("mean absolute error", () => Loss.MeanAbsoluteError(a, b)),
        ];
        foreach ((string name, Func<Tensor> loss) in losses)
        {
            Parameter[] wanted = name.StartsWith("cross entropy of labels", StringComparison.Ordinal) ? [a] : [a, b];
            Assert.InRange(GradCheck.Run(name, loss, wanted), 0, 1e-6);
        }
        a.Dispose();
        b.Dispose();
    }

    private static void Check(double[] prediction, double[] target, Func<Tensor, Tensor, Reduction, Tensor> loss, double[] terms) => On(device =>
    {
        Tensor p = Tensor.From(device, prediction, [prediction.Length]), t = Tensor.From(device, target, [target.Length]);
        Same(terms, loss(p, t, Reduction.None));
        Same([terms.Sum()], loss(p, t, Reduction.Sum));
        Same([terms.Average()], loss(p, t, Reduction.Mean));
    });

    private static double[] LogSoftmax(double[] rows) => [.. rows.Chunk(3).SelectMany(row => row.Select(value => value - Math.Log(row.Sum(Math.Exp))))];

    private static void On(Action<Device> test)
    {
        foreach (Func<Device> make in TestDevices.All)
        {
            using Device device = make();
            using var scope = new Scope();
            test(device);
        }
    }

    private static void Same(double[] expected, Tensor found, double tolerance = 1e-6)
    {
        double[] values = found.ToDoubles();
        Assert.Equal(expected.Length, values.Length);
        for (int i = 0; i < values.Length; i++) Assert.Equal(expected[i], values[i], tolerance * Math.Max(1, Math.Abs(expected[i])));
    }
}
