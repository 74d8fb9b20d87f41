using System.Runtime.InteropServices;
using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Evaluation;

/// <summary>Whole networks on a device: gradients against the reference, steps against the CPU, what is frozen, and the same again.</summary>
internal sealed class NetworkChecks(Device device)
{
    private const int Batch = 16;
    private const int Steps = 100;
    private const ulong Seed = 42;


    // Of a loss, and of a parameter's gradient or update relative to its norm: what libtorch's own steps are held to in float32; else what rounding the operands of several
    // products in a row may lose, where now and then another pixel is the largest of a window.
    private readonly double tolerance = Math.Max(1e-4, 32 * Precisions.RoundingOf(device.Precision));

    private static readonly int[] CheckedSteps = [1, 10, Steps];
    private readonly HostDataSet images = HostDatasets.FashionMnistSmall().Train;

    public IEnumerable<CheckResult> Run()
    {
        yield return CheckResult.Of("central differences through a small network (float64)", Differences);
        yield return CheckResult.Of("gradients of that network", Gradients);
        yield return CheckResult.Of("training steps from the CPU's weights", TrainingSteps);
        yield return CheckResult.Of("a frozen prefix stays, SGD", () => FrozenPrefix(model => new Sgd(model, new Constant(0.05f), momentum: 0.9f, weightDecay: 1e-2f)));
        yield return CheckResult.Of("a frozen prefix stays, AdamW", () => FrozenPrefix(model => new AdamW(model, new Constant(0.01f))));
        yield return CheckResult.Of("the same training twice", Repeats);
    }

    /// <summary>Convolution, batch norm, pooling, linear, cross entropy; smooth, so that differences cross no kink.</summary>
    private static Sequential SmallNetwork() => new(
        ("conv", new Conv2d(1, 3, 3, padding: 1, bias: false)), ("norm", new BatchNorm(3, activation: Activation.Tanh)), ("pool", new MaxPool2d(2)), ("flatten", new Flatten()), ("head", new Linear(27, 4)));

    private static Tensor SmallLoss(Sequential model, Device on)
    {
        var random = new RandomStream(Seed, "doctor");
        double[] pixels = [.. Enumerable.Range(0, 5 * 6 * 6).Select(_ => (double)(float)random.NextNormal())];
        return Loss.CrossEntropy(model.Forward(Tensor.From(on, pixels, [5, 6, 6, 1])), IntTensor.From(on, [0, 3, 1, 2, 2]));
    }

    private static (int Cases, double? Error, string? Failure) Differences()
    {
        const double Allowed = 1e-6;
        using var reference = new ReferenceDevice();
        using Sequential model = SmallNetwork();
        model.Initialize(reference, Seed);
        Parameter[] parameters = [.. model.Parameters()];
        double error = GradCheck.Run("small network", () => SmallLoss(model, reference), parameters, Allowed);
        return (parameters.Sum(parameter => parameter.Shape.Count), error / Allowed, null);
    }

    private (int Cases, double? Error, string? Failure) Gradients()
    {
        using var reference = new ReferenceDevice();
        using Sequential expected = SmallNetwork(), found = SmallNetwork();
        expected.Initialize(reference, Seed);
        found.Initialize(device, Seed);
        Copy(found, expected);
        var worst = new Worst();
        using (new Scope())
        {
            Tensor expectedLoss = SmallLoss(expected, reference), foundLoss = SmallLoss(found, device);
            worst.Number("loss", expectedLoss.Item(), foundLoss.Item(), tolerance);
            expectedLoss.Backward();
            foundLoss.Backward();
        }
        CompareGradients("", expected, found, worst);
        return (worst.Count, worst.Error, worst.Failure);
    }

    private (int Cases, double? Error, string? Failure) TrainingSteps()
    {
        // The CPU against itself: with other vectors and one thread.
        using CpuDevice cpu = device is CpuDevice ? new CpuDevice(1, SimdLevel.Vector128) : new CpuDevice();
        using Sequential expected = Network(cpu), found = Network(device);
        using var expectedOptimizer = new Sgd(expected, new Constant(0.05f), weightDecay: 1e-4f);
        using var foundOptimizer = new Sgd(found, new Constant(0.05f), weightDecay: 1e-4f);
        var worst = new Worst();
        for (int step = 1; step <= Steps; step++)
        {
            bool isChecked = CheckedSteps.Contains(step);
            if (isChecked) Copy(expected, found);
            double[][] before = isChecked ? Values(expected) : [];
            double expectedLoss = Backward(expected, cpu, step);
            if (isChecked)
            {
                worst.Number($"step {step}: loss", expectedLoss, Backward(found, device, step), tolerance);
                CompareGradients($"step {step}: ", expected, found, worst);
                foundOptimizer.Step();
                found.ClearGradients();
            }
            expectedOptimizer.Step();
            expected.ClearGradients();
            if (isChecked) CompareUpdates(step, expected, before, Values(expected), Values(found), worst);
        }
        return (CheckedSteps.Length, worst.Error, worst.Failure);
    }

    private (int Cases, double? Error, string? Failure) FrozenPrefix(Func<Sequential, Optimizer> make)
    {
        const int FrozenSteps = 5;
        using Sequential model = Network(device);
        using Optimizer optimizer = make(model);
        Train(model, optimizer, 2);
        int frozen = model.Freeze(named => named.Path.StartsWith("conv", StringComparison.Ordinal));
        Parameter[] parameters = [.. model.Parameters()];
        double[][] before = Values(model);
        double[][][] stateBefore = [.. parameters.Select(parameter => States(optimizer, parameter))];
        Train(model, optimizer, FrozenSteps);
        double[][] after = Values(model);
        if (frozen is 0 || frozen == parameters.Length) throw new VerificationException($"expected some of {parameters.Length} parameters to be frozen, found {frozen}");
        for (int i = 0; i < parameters.Length; i++)
        {
            int at = SameBits(before[i], after[i]);
            if (parameters[i].IsFrozen && at < before[i].Length)
                return (FrozenSteps, null, FormattableString.Invariant($"{parameters[i].Path}[{at}] is frozen: expected {before[i][at]:R}, found {after[i][at]:R}"));
            if (parameters[i].IsFrozen && OtherState(stateBefore[i], States(optimizer, parameters[i])) is { } other) return (FrozenSteps, null, $"optimizer state of {parameters[i].Path}, which is frozen: {other}");
            if (!parameters[i].IsFrozen && at == before[i].Length) return (FrozenSteps, null, $"{parameters[i].Path} trains: expected other values after {FrozenSteps} steps, found the same");
        }
        return (FrozenSteps, null, null);
    }

    private (int Cases, double? Error, string? Failure) Repeats()
    {
        const int RepeatedSteps = 3;
        double[][] start = [];
        double[][] first = Once(), second = Once();
        for (int i = 0; i < first.Length; i++)
        {
            int at = SameBits(first[i], second[i]);
            if (at < first[i].Length) return (RepeatedSteps, null, FormattableString.Invariant($"parameter {i}, element {at}: expected {first[i][at]:R} as the first time, found {second[i][at]:R}"));
            if (SameBits(start[i], first[i]) == start[i].Length) return (RepeatedSteps, null, $"parameter {i}: expected other values after {RepeatedSteps} steps, found those of the start");
        }
        return (RepeatedSteps, null, null);

        double[][] Once()
        {
            using Sequential model = Network(device);
            start = Values(model);
            using var optimizer = new AdamW(model, new Constant(0.003f)) { ClipNorm = 1 };
            Train(model, optimizer, RepeatedSteps);
            return Values(model);
        }
    }

    private static Sequential Network(Device on)
    {
        Sequential model = Models.Cnn([28, 28, 1], 10, 8, 16, 32);
        model.Initialize(on, Seed);
        return model;
    }

    private void Train(Sequential model, Optimizer optimizer, int steps)
    {
        for (int step = 1; step <= steps; step++)
        {
            Backward(model, device, step);
            optimizer.Step();
            model.ClearGradients();
        }
        // A halted optimizer changes nothing, and nothing would look like frozen, or like the same again.
        if (optimizer.HaltedAfter() is { } applied) throw new VerificationException($"expected finite gradients in {steps} steps of training, found others after {applied} steps");
    }

    /// <summary>The loss of a step's images; leaves the gradients.</summary>
    private double Backward(Sequential model, Device on, int step)
    {
        var pixels = new float[Batch * images.SampleSize];
        var labels = new int[Batch];
        for (int i = 0; i < Batch; i++)
        {
            int sample = ((step * Batch) + i) % images.Count;
            images.CopySample(sample, pixels.AsSpan(i * images.SampleSize, images.SampleSize));
            labels[i] = images.Labels[sample];
        }
        using var scope = new Scope();
        Tensor loss = Loss.CrossEntropy(model.Forward(Tensor.From(on, pixels, [Batch, 28, 28, 1])), IntTensor.From(on, labels));
        loss.Backward();
        return loss.Item();
    }

    private static double[][] Values(Sequential model) => [.. model.Parameters().Select(parameter => Array.ConvertAll(parameter.Value.ToArray(), value => (double)value))];

    private static double[][] States(Optimizer optimizer, Parameter parameter) => [.. optimizer.StateOf(parameter).Select(state => Array.ConvertAll(state.ToArray(), value => (double)value))];

    /// <summary>What differs, bit for bit; state that is not there is none to compare.</summary>
    private static string? OtherState(double[][] before, double[][] after)
    {
        if (before.Length == 0 || before.Length != after.Length) return $"expected the same tensors before and after, at least one, found {before.Length} and then {after.Length}";
        for (int i = 0; i < before.Length; i++)
        {
            int at = SameBits(before[i], after[i]);
            if (at < before[i].Length) return FormattableString.Invariant($"tensor {i}, element {at}: expected {before[i][at]:R}, found {after[i][at]:R}");
        }
        return null;
    }

    /// <summary>How many elements at the start have the same bits: +0 is not −0, a NaN is itself.</summary>
    private static int SameBits(double[] expected, double[] found) => MemoryMarshal.Cast<double, long>(expected).CommonPrefixLength(MemoryMarshal.Cast<double, long>(found));

    private static void Copy(Sequential from, Sequential to)
    {
        foreach ((Parameter source, Parameter target) in from.Parameters().Zip(to.Parameters())) target.Value.Device.Upload(source.Value.ToArray(), target.Value.Range);
    }

    private void CompareGradients(string when, Sequential expected, Sequential found, Worst worst)
    {
        foreach ((Parameter right, Parameter other) in expected.Parameters().Zip(found.Parameters()))
        {
            if (right.Grad is null || other.Grad is null) throw new VerificationException($"{when}gradient of {right.Path}: expected one on both devices, found none");
            double[] want = new double[right.Shape.Count], got = new double[want.Length];
            right.Grad.CopyTo(want);
            other.Grad.CopyTo(got);
            worst.Vector($"{when}gradient of {right.Path}", want, got, tolerance * Norm(want));
        }
    }

    private void CompareUpdates(int step, Sequential model, double[][] before, double[][] expected, double[][] found, Worst worst)
    {
        const double Rounding = 1e-7;
        string[] paths = [.. model.Parameters().Select(parameter => parameter.Path)];
        for (int i = 0; i < paths.Length; i++)
        {
            double update = Norm([.. expected[i].Zip(before[i], (after, was) => after - was)]);
            worst.Vector($"step {step}: {paths[i]} after the update", expected[i], found[i], (tolerance * update) + (Rounding * Norm(expected[i])));
        }
    }

    private static double Norm(double[] values) => Math.Sqrt(values.Sum(value => value * value));

    /// <summary>The largest error so far, in units of what is allowed, and the first that is more.</summary>
    private sealed class Worst
    {
        public int Count { get; private set; }

        public double Error { get; private set; }

        public string? Failure { get; private set; }

        public void Number(string name, double expected, double found, double tolerance) =>
            Add(Math.Abs(expected - found) / (tolerance * Math.Abs(expected)), () => FormattableString.Invariant($"{name}: expected {expected:R}, found {found:R}"));

        public void Vector(string name, double[] expected, double[] found, double allowed)
        {
            double distance = Norm([.. expected.Zip(found, (want, got) => want - got)]);
            int at = Array.IndexOf([.. expected.Zip(found, (want, got) => Math.Abs(want - got))], expected.Zip(found, (want, got) => Math.Abs(want - got)).Max());
            Add(distance / allowed, () => FormattableString.Invariant($"{name}: off by {distance:E2}, allowed {allowed:E2}; element {at}: expected {expected[at]:R}, found {found[at]:R}"));
        }

        private void Add(double error, Func<string> describe)
        {
            Count++;
            if (double.IsNaN(error)) error = double.PositiveInfinity;
            Error = Math.Max(Error, error);
            if (error > 1) Failure ??= describe();
        }
    }
}
