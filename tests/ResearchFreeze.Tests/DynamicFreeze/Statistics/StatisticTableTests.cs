using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>Every statistic against numbers computed by hand, on the reference.</summary>
public class StatisticTableTests
{
    private const double Exact = 1e-8;      // factors are floats

    /// <summary>A statistic, gradients of unit 0 (weights 3 and 4, bias 0; rate 0.5, SGD), a check every so many steps, and what each check reads.</summary>
    public static TheoryData<string, double[][], int, double[][]> Table => new()
    {
        { "gradient-l1", [[1, -2, 2], [2, 0, 0], [0, 0, -1], [0, 0, 0]], 2, [[7], [1]] },
        { "gradient-difference", [[1, -2, 2], [2, 0, 0], [0, 0, -1], [0, 0, 1]], 2, [[5], [2]] },      // 1 + 2 + 2; 2
        { "accumulated-gradient", [[1, -2, 2], [2, 1, 0], [0, 0, -1], [0, 0, 1]], 2, [[6, 14], [0, 0]] },
        // Averages with weight ½ of 2, 0: means 1, ½; squares 2, 1; mass ½, ¾.
        { "gradient-moments-0.5", [[2, 0, 0], [0, 0, 0]], 2, [[0.25, 1, 0.75]] },
        // The weights' gradients (2 0) and (1 3) have the variance 2. A bias of one element has none.
        { "gradient-evidence", [[2, 0, 5], [1, 3, 5], [0, 0, 1]], 2, [[(4 + 10) / (2 + 1e-8), 4]] },
        { "weight-norm", [[0, 0, 0], [2, 0, 2]], 1, [[25], [21]] },
        // 3 → 2, then 4 → 2; the mean is over three scalars.
        { "weight-distance-l1", [[2, 0, 0], [0, 4, 0]], 1, [[1, 1.0 / 9], [2, 2.0 / 4 / 3]] },
        // One scalar goes back and forth by 1: E −½, ¼; A ½, ¾.
        { "effective-perturbation-0.5", [[2, 0, 0], [-2, 0, 0]], 1, [[0.5, 0.5, 1.0 / 3], [0.25, 0.75, 1.0 / 9]] },
        // Movements (−1 0 0), (0 −1 0), (−1 0 −1), (0 1 0): each with the one before the last. SGD divides gradients by nothing.
        { "displacement", [[2, 0, 0], [0, 2, 0], [2, 0, 2], [0, -2, 0]], 1, [[0, 1, 0, 1, 0], [0, 1, 0, 1, 0], [1, 2, 1, 2, 1], [-1, 1, 1, 1, -1]] },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void AStatisticReadsWhatIsComputedByHand(string key, double[][] gradients, int every, double[][] expected)
    {
        UnitStatistic statistic = ((UnitStatistic[])[
            new GradientL1(), new GradientDifference(), new AccumulatedGradient(), new GradientMoments(0.5f), new GradientEvidence(), new WeightNorm(), new WeightDistanceL1(), new EffectivePerturbation(0.5f), new Displacement()]).Single(statistic => statistic.Key == key);
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [3, 4, 0], [1, 1]);
        using var optimizer = new Sgd(model, new Constant(0.5f));
        var rule = new Scripted();
        using var freeze = new FreezeController(model, optimizer, new Watching(statistic), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = every });
        foreach (double[] gradient in gradients)
        {
            model.Backward(gradient, [1, 0]);
            freeze.Step();
        }
        UnitHistory history = rule.History(0);
        Assert.Equal(expected.Length, history.Count);
        for (int i = 0; i < expected.Length; i++)
        {
            double[] found = history[i].Of(key).ToArray();
            Assert.Equal(statistic.Values.Count, found.Length);
            for (int j = 0; j < found.Length; j++) Assert.Equal(expected[i][j], found[j], Exact);
        }
    }

    [Fact]
    public void TaylorImportanceIsMinusTheGradientAfterTheStepTimesTheStep()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Line(device, 1, 0);
        using var optimizer = new Sgd(model, new Constant(0.05f));
        using Tensor target = Tensor.From(device, [3f], [1, 1]);
        using var probe = new ProbeBatch(model, Tensor.From(device, [1f, 2f], [1, 2]), output => Loss.MeanSquaredError(output, target));
        var rule = new Scripted();
        using var freeze = new FreezeController(
            model, optimizer, new Watching(new TaylorImportance()), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 1 }, probe: probe);
        Still(model, device);
        freeze.Step();
        // w (1 0), x (1 2), target 3: error −2, gradient (−4 −8), step (0.2 0.4), prediction 2, gradient (−2 −4).
        Assert.Equal(2, TaylorImportance.Of(rule.History(0)[0]), 1e-6);      // the rate is a float
        Assert.Equal([1.0, 0.0], Networks.Values(model.Parameters().Single().Value));
    }

    [Fact]
    public void PlasticityAndAlignmentAreThoseOfTheirFormulasOnTheUnitsOutputs()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, 3, 4, 2), other = Networks.Mlp(device, 3, 4, 2);
        other.Initialize(device, 9, overwrites: true);
        using var optimizer = new Sgd(model, new Constant(1e-30f));
        Tensor inputs = Tensor.From(device, [1f, 0.5f, -1, 0, 2, 1, -0.5f, 1, 0.25f, 1, 1, 1], [4, 3]);
        using var probe = new ProbeBatch(model, inputs, output => output.Square().Sum(), other);
        var rule = new Scripted();
        using var freeze = new FreezeController(
            model, optimizer, new Watching(new Plasticity(), new KernelAlignment()), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 1 }, probe: probe);
        Networks.Backward(model, device, 4, 3, 2);
        freeze.Step();
        double[][] now = Outputs(model, inputs), before = Outputs(other, inputs);
        for (int unit = 0; unit < 2; unit++)
        {
            Observation seen = rule.History(unit)[0];
            Assert.Equal(Host.Plasticity(now[unit], before[unit], 4), Plasticity.Of(seen), 1e-12);
            Assert.Equal(Host.Alignment(now[unit], before[unit], 4), KernelAlignment.Of(seen), 1e-12);
            Assert.InRange(KernelAlignment.Of(seen), 0, 1);
        }
    }

    [Fact]
    public void AgainstItselfAModelIsFullyAlignedAndAnEarlierStateIsRefreshedAsAsked()
    {
        foreach (int every in new[] { 0, 1, 2 })
        {
            using var device = new ReferenceDevice();
            using Sequential model = Networks.Mlp(device, 3, 4, 2);
            using var optimizer = new Sgd(model, new Constant(0.5f));
            Tensor inputs = Tensor.From(device, [1f, 0.5f, -1, 0, 2, 1, -0.5f, 1, 0.25f, 1, 1, 1], [4, 3]);
            var states = new List<double[][]> { Outputs(model, inputs) };
            using var probe = new ProbeBatch(model, inputs, output => output.Square().Sum());
            var rule = new Scripted();
            using var freeze = new FreezeController(
                model, optimizer, new Watching(new KernelAlignment()), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 1, ReferenceEvery = every }, probe: probe);
            for (int step = 1; step <= 4; step++)
            {
                Networks.Backward(model, device, 4, 3, 2, step);
                freeze.Step();
                states.Add(Outputs(model, inputs));
                int reference = every == 0 ? 0 : (step - 1) / every * every;
                Assert.Equal(Host.Alignment(states[step][0], states[reference][0], 4), KernelAlignment.Of(rule.History(0)[^1]), 1e-12);
            }
        }
    }

    [Fact]
    public void WhatReadsOutputsNeedsUnitsThatAreBlocks()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, 3, 4, 2);
        using var optimizer = new Sgd(model, new Constant(0.5f));
        using var probe = new ProbeBatch(model, Tensor.Zeros(device, [2, 3]), output => output.Sum());
        string Refusal(FreezeOptions options) =>
            Assert.Throws<ArgumentException>(() => new FreezeController(model, optimizer, new Watching(new Plasticity()), new Never(), options: options, probe: probe)).Message;
        Assert.Contains("'fc1.weight' and 'fc1.bias' are parts of one block", Refusal(new FreezeOptions { Units = UnitDivision.Tensors }), StringComparison.Ordinal);
        var missing = Assert.Throws<ArgumentException>(() => new FreezeController(model, optimizer, new Watching(new Plasticity()), new Never()));
        Assert.Contains("'plasticity' reads Output, ProbeBatch, ReferenceModel, which needs a probe batch", missing.Message, StringComparison.Ordinal);
    }

    /// <summary>Linear 2 → 1 without a bias.</summary>
    private static Sequential Line(Device device, params float[] weights)
    {
        var model = new Sequential(("line", new Linear(2, 1, bias: false)));
        model.Initialize(device, 1);
        device.Upload(weights, model.Parameters().Single().Value.Range);
        return model;
    }

    /// <summary>A backward pass with gradients of zero.</summary>
    private static void Still(Sequential model, Device device)
    {
        using var scope = new Scope();
        (model.Forward(Tensor.Zeros(device, [1, 2])).Sum() * 0.0).Backward();
    }

    private static double[][] Outputs(Sequential model, Tensor inputs)
    {
        using GradMode.Restore mode = GradMode.Disable();
        using var scope = new Scope();
        return [.. Enumerable.Range(1, model.Count).Select(end => Networks.Values(model.ForwardRange(inputs, 0, end)))];
    }
}

/// <summary>The formulas of statistics on outputs as plain loops.</summary>
internal static class Host
{
    public static double Plasticity(double[] x, double[] y, int rows)
    {
        double[,] g = Normalised(Products(x, rows, centred: false)), h = Normalised(Products(y, rows, centred: false));
        double sum = 0;
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < rows; j++) sum += (g[i, j] - h[i, j]) * (g[i, j] - h[i, j]);
        }
        return sum / (rows * rows);
    }

    public static double Alignment(double[] x, double[] y, int rows)
    {
        double[,] k = Products(x, rows, centred: true), l = Products(y, rows, centred: true);
        return Dot(k, l) / Math.Sqrt(Dot(k, k) * Dot(l, l));
    }

    private static double Dot(double[,] a, double[,] b) => a.Cast<double>().Zip(b.Cast<double>(), (p, q) => p * q).Sum();

    private static double[,] Products(double[] x, int rows, bool centred)
    {
        int columns = x.Length / rows;
        double[] means = [.. Enumerable.Range(0, columns).Select(c => centred ? Enumerable.Range(0, rows).Average(r => x[(r * columns) + c]) : 0)];
        var products = new double[rows, rows];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < rows; j++) products[i, j] = Enumerable.Range(0, columns).Sum(c => (x[(i * columns) + c] - means[c]) * (x[(j * columns) + c] - means[c]));
        }
        return products;
    }

    private static double[,] Normalised(double[,] g)
    {
        int rows = g.GetLength(0);
        for (int i = 0; i < rows; i++)
        {
            double norm = Math.Sqrt(Enumerable.Range(0, rows).Sum(j => g[i, j] * g[i, j]));
            for (int j = 0; j < rows; j++) g[i, j] /= norm + 1e-30;
        }
        return g;
    }
}
