using System.Globalization;
using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Evaluation;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Autograd;
using ResearchFreeze.Tests.DynamicFreeze;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

/// <summary>
/// What a steady training step launches on a GPU, by the kernel's name. <c>gpu-launches.csv</c> is the only place that names the kernels of products and convolutions: where they change, the failing test
/// prints the rows to put there.
/// </summary>
[Collection("gpu")]
public sealed class GpuLaunchTests(GpuFixture fixture)
{
    private const string Table = "gpu-launches.csv";
    private const string Mlp = "mlp:784,512,512,512,10", ResNet = "resnet:20";
    private const int ParametersALaunch = 8, NormsALaunch = 16;

    /// <summary>Model, batch, whether the first half of the units is frozen.</summary>
    public static TheoryData<string, int, bool> Cases => new() { { Mlp, 8, false }, { Mlp, 8, true }, { ResNet, 2, false }, { ResNet, 2, true } };

    [Theory]
    [MemberData(nameof(Cases))]
    public void AStepLaunchesWhatIsInTheTableAndCompilesNothing(string model, int batch, bool half)
    {
        GpuDevice device = fixture.OpenCl;
        (ModelSpec spec, int frozen) = Spec(model, half);
        using var training = new BenchTraining(spec, device, batch, frozen);
        for (int i = 0; i < 2; i++) Step(training);
        int compiled = device.Kernels.Compiled;
        IReadOnlyDictionary<string, long> first = Launches(device, () => Step(training)), second = Launches(device, () => Step(training));
        Assert.Equal(compiled, device.Kernels.Compiled);
        Assert.Equal(first, second);

        string name = string.Create(CultureInfo.InvariantCulture, $"{model.Replace(',', '-')},{batch},{frozen}");
        string[] found = [
            .. first.OrderBy(kernel => kernel.Key, StringComparer.Ordinal).Select(kernel => string.Create(CultureInfo.InvariantCulture, $"{name},{kernel.Key},{kernel.Value}")),
            string.Create(CultureInfo.InvariantCulture, $"{name},total,{first.Values.Sum()}")];
        string[] expected = [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Training", Table)).Where(line => line.StartsWith($"{name},", StringComparison.Ordinal))];
        Assert.True(expected.SequenceEqual(found), $"The launches of a step are not those of {Table}, which should say:\n{string.Join('\n', found)}");
    }

    /// <summary>Each launch costs the host some microseconds: what a small network waits for where its steps are not repeated as graphs.</summary>
    [Fact]
    public void AStepOfAResNetOfTwentyLayersIsTwoHundredLaunchesAtMost()
    {
        string[] totals = [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Training", Table)).Where(line => line.StartsWith($"{ResNet},2,0,total,", StringComparison.Ordinal))];
        Assert.InRange(int.Parse(Assert.Single(totals).Split(',')[^1], CultureInfo.InvariantCulture), 1, 200);
    }

    [Theory]
    [InlineData(Mlp, 8)]
    [InlineData(ResNet, 2)]
    public void AFrozenPrefixLaunchesItsForwardPassAndNothingElse(string model, int batch)
    {
        GpuDevice device = fixture.OpenCl;
        (ModelSpec spec, int frozen) = Spec(model, half: true);
        using var training = new BenchTraining(spec, device, batch, frozen);
        var network = (Sequential)training.Model;
        int prefix = Enumerable.Range(0, network.Count).Last(i => network[i].IsFrozen) + 1;
        using Tensor inputs = Tensor.From(device, new float[batch * spec.SampleShape.Count], [batch, .. spec.SampleShape.ToArray()]);
        (float[] values, Shape shape) = Between();
        using Tensor between = Tensor.From(device, values, shape);
        using IntTensor labels = IntTensor.From(device, new int[batch]);
        for (int i = 0; i < 2; i++) Step(training);

        IReadOnlyDictionary<string, long> step = Launches(device, () => Step(training));
        IReadOnlyDictionary<string, long> forward = Launches(device, () =>
        {
            using var scope = new Scope();
            network.ForwardRange(inputs, 0, prefix);
        });
        IReadOnlyDictionary<string, long> rest = Launches(device, () =>
        {
            using var scope = new Scope();
            Loss.CrossEntropy(network.ForwardRange(between, prefix, network.Count), labels).Backward();
            training.Optimizer.Step();
            training.Optimizer.ClearGradients();
        });
        var sum = forward.Keys.Union(rest.Keys).ToDictionary(kernel => kernel, kernel => forward.GetValueOrDefault(kernel) + rest.GetValueOrDefault(kernel));
        Assert.Equal(sum.OrderBy(kernel => kernel.Key, StringComparer.Ordinal), step.OrderBy(kernel => kernel.Key, StringComparer.Ordinal));

        // The rest's optimizer knows the frozen parameters too: that it launches nothing for them is a matter of how many there are.
        int trained = training.Model.Parameters().Count(parameter => !parameter.IsFrozen);
        Assert.InRange(trained, 1, training.Model.Parameters().Count() - 1);
        Assert.Equal((trained + ParametersALaunch - 1) / ParametersALaunch, step["StepKernels.Sgd"]);
        Assert.Equal((trained + NormsALaunch - 1) / NormsALaunch, step["NormKernels.OfChunks"]);

        (float[] Values, Shape Shape) Between()
        {
            using var scope = new Scope();
            Tensor output = network.ForwardRange(inputs, 0, prefix);
            return (output.ToArray(), output.Shape);
        }
    }

    /// <summary>With small layers one parameter's norm is one launch, so that launches are a matter of how many parameters one takes; the second kernel is for long ones.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void StatisticsLaunchANormForSixteenParametersWhicheverUnitTheyAreOf(bool freezes)
    {
        const int checkEvery = 2;
        int[] widths = [5, 7, 6, 33, 16, 30, 8, 4, 3, 3];
        GpuDevice device = fixture.OpenCl;
        using Sequential model = Networks.Mlp(device, widths);
        using var optimizer = new Sgd(model, new Constant(0.01f), momentum: 0.9f);
        using ProbeBatch probe = Probe();
        var rule = new Scripted((context, decision) =>
        {
            if (freezes && context.Step == checkEvery) decision.Freeze(0, "now");
        });
        using var freeze = new FreezeController(
            model, optimizer, new Watching(new GradientL1(), new WeightDistance(), new WeightNorm(), new Displacement()), rule,
            options: FreezeOptions.WithoutTriggers with { CheckEvery = checkEvery, ProbeEvery = 2 }, probe: probe);
        for (int step = 1; step <= 4 * checkEvery; step++)
        {
            Networks.Backward(model, device, 4, widths[0], widths[^1], step);
            int all = model.Parameters().Count(), trained = model.Parameters().Count(parameter => !parameter.IsFrozen);
            IReadOnlyDictionary<string, long> launches = Launches(device, freeze.Step);
            // In every step the optimizer's squares and the absolutes that the statistic adds up.
            int expected = Groups(trained) + Groups(trained);
            // At a check the weights' distances, eight a launch; their squares for two statistics and those of the displacement, which it needs three times, at once; at every second one the squares of all gradients on the probe batch.
            if (step % checkEvery == 0) expected += Groups(5 * trained);
            if (step % (2 * checkEvery) == 0) expected += Groups(all);
            Assert.Equal((step, expected), (step, launches["NormKernels.OfChunks"]));
            Assert.Equal((step, step % checkEvery == 0 ? (trained + ParametersALaunch - 1) / ParametersALaunch : 0), (step, launches.GetValueOrDefault("NormKernels.Distances")));
            Assert.DoesNotContain("NormKernels.Finish", launches.Keys);
        }
        Assert.Equal(freezes ? 16 : 18, model.Parameters().Count(parameter => !parameter.IsFrozen));

        static int Groups(int parameters) => (parameters + NormsALaunch - 1) / NormsALaunch;

        ProbeBatch Probe()
        {
            (Tensor inputs, IntTensor labels) = Networks.Batch(device, 4, widths[0], widths[^1], 77);
            return new ProbeBatch(model, inputs, labels);
        }
    }

    [Fact]
    public void R22_TogglingUnitsGivesTheBitsOfARunWhoseCachesNeverSawTheOtherMasks()
    {
        const string model = "resnet:8,4";
        const int batch = 2;
        ModelSpec spec = new RunCatalogues().Models.Create(model);
        int units = Units(spec);
        bool[][] masks = [new bool[units], Mask(unit => unit < units / 2), Mask(unit => unit == units / 2)];
        // Fresh devices for the frozen ones. What nothing frozen gives is what it gives first.
        double[][] alone = [[], Alone(masks[1]), Alone(masks[2])];
        GpuDevice device = fixture.OpenCl;
        using var training = new BenchTraining(spec, device, batch, 0);
        using var start = new TrainingSnapshot(training.Model, training.Optimizer);
        start.Take();
        int compiled = 0;
        foreach (int mask in new[] { 0, 1, 2, 1, 0, 2 })
        {
            start.Restore();
            double[] trained = Trained(training, masks[mask]);
            if (alone[mask].Length == 0) alone[mask] = trained;
            Assert.Equal(alone[mask], trained);
            if (mask == 2 && compiled == 0) compiled = device.Kernels.Compiled;
        }
        Assert.Equal(masks.Length, alone.Select(values => string.Join(' ', values)).Distinct().Count());     // a mask that changes nothing would prove nothing
        Assert.Equal(compiled, device.Kernels.Compiled);      // what each mask needs was there when it came back

        bool[] Mask(Func<int, bool> isFrozen) => [.. Enumerable.Range(0, units).Select(isFrozen)];

        double[] Alone(bool[] mask)
        {
            using GpuDevice fresh = fixture.NewOpenCl();
            using var training = new BenchTraining(spec, fresh, batch, 0);
            return Trained(training, mask);
        }
    }

    /// <summary>All parameters after two steps under a mask.</summary>
    private static double[] Trained(BenchTraining training, bool[] mask)
    {
        IReadOnlyList<FreezeUnit> units = FreezeUnit.Of(training.Model);
        for (int i = 0; i < mask.Length; i++)
        {
            foreach (Parameter parameter in units[i].Parameters) parameter.IsFrozen = mask[i];
        }
        for (int i = 0; i < 2; i++) Step(training);
        return [.. training.Model.Parameters().SelectMany(Networks.Bits)];
    }

    private static IReadOnlyDictionary<string, long> Launches(GpuDevice device, Action work)
    {
        IReadOnlyDictionary<string, long> before = device.Kernels.Snapshot();
        work();
        return device.Kernels.Since(before);
    }

    private static void Step(BenchTraining training)
    {
        using var scope = new Scope();
        training.Backward();
        training.Optimizer.Step();
        training.Optimizer.ClearGradients();
    }

    private static (ModelSpec Spec, int Frozen) Spec(string model, bool half)
    {
        ModelSpec spec = new RunCatalogues().Models.Create(model);
        return (spec, half ? Units(spec) / 2 : 0);
    }

    private static int Units(ModelSpec spec)
    {
        using var built = spec.Build(spec.SampleShape, spec.Classes);
        return FreezeUnit.Of(built).Count;
    }
}
