using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Autograd;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>Every statistic on every device against the reference: a few steps of a small network.</summary>
[Collection("gpu")]
public sealed class StatisticDeviceTests(GpuFixture fixture)
{
    private const int Rows = 8, In = 5, Classes = 3, Steps = 6;

    private static UnitStatistic[] All =>
    [
        new GradientNorm(), new GradientL1(), new AccumulatedGradient(), new GradientMoments(), new GradientEvidence(), new WeightNorm(), new WeightDistance(), new WeightDistanceL1(), new EffectivePerturbation(), new Displacement(),
        new TaylorImportance(), new Plasticity(), new KernelAlignment(),
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [EverySimdLevel]
    public void TheCpuAgrees(int threads)
    {
        using var device = new CpuDevice(threads);
        Check(device);
    }

    [Fact]
    public void OpenClAgrees() => Check(fixture.OpenCl);

    [Fact]
    [EverySimdLevel]
    public void ThreadsChangeNoBit()
    {
        using CpuDevice one = new(1), two = new(2);
        Assert.Equal(Run(one), Run(two));
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(false, 2)]
    [InlineData(true, 0)]
    public void TheCpuReadsStatisticsInOneCopyACheck(bool tries, int probeEvery) => TestDevices.Each(device => CheckDownloads(device, tries, probeEvery));

    [Theory]
    [InlineData(false, 0)]
    [InlineData(false, 2)]
    [InlineData(true, 0)]
    public void OpenClReadsStatisticsInOneCopyACheckAndWaitsForNothingElse(bool tries, int probeEvery) => CheckDownloads(fixture.OpenCl, tries, probeEvery);

    /// <summary>
    /// All statistics of all units come down in one copy at a check, and between checks nothing does. A probe's norms are a second copy, since they are of another backward pass; a trial step's snapshot takes the
    /// optimizer's state to the host, one copy for each tensor of it.
    /// </summary>
    private static void CheckDownloads(Device device, bool tries, int probeEvery)
    {
        const int checkEvery = 3;
        using Sequential model = Networks.Mlp(device, In, 4, 4, Classes);
        using var optimizer = new Sgd(model, new Constant(0.1f), momentum: 0.9f);
        using ProbeBatch probe = ProbeOf(model, device);
        UnitStatistic[] statistics = [.. All.Where(statistic => tries || (statistic.Reads & Reads.TrialStep) == 0)];
        using var freeze = new FreezeController(
            model, optimizer, new Watching(statistics), new Scripted(), options: FreezeOptions.WithoutTriggers with { CheckEvery = checkEvery, ProbeEvery = probeEvery }, probe: probe);
        int snapshot = model.Parameters().Count() + 1;        // momentum, and the guard
        for (int step = 1; step <= 4 * checkEvery; step++)
        {
            Networks.Backward(model, device, Rows, In, Classes, step);
            long downloads = device.Counters.Calls(Primitive.Download);
            int waits = Waits();
            freeze.Step();
            bool checks = step % checkEvery == 0, probes = probeEvery > 0 && step % (checkEvery * Math.Max(1, probeEvery)) == 0;
            int expected = (checks ? 1 : 0) + (probes ? 1 : 0) + (checks && tries ? snapshot : 0);
            Assert.Equal((step, expected), (step, device.Counters.Calls(Primitive.Download) - downloads));
            // The first interval may have to make the device's work space larger, once, which waits.
            if (step > checkEvery && device is GpuDevice) Assert.Equal((step, expected), (step, Waits() - waits));
        }

        int Waits() => (device as GpuDevice)?.WorkWaits ?? 0;
    }

    private static void Check(Device device)
    {
        using var reference = new ReferenceDevice();
        (string Name, double Value)[] expected = Run(reference), found = Run(device);
        Assert.Equal(expected.Length, found.Length);
        Assert.True(expected.Length > 3 * 3 * All.Length);
        foreach ((string name, double value) in expected)
        {
            int place = Array.FindIndex(expected, entry => entry.Name == name);
            double other = found[place].Value;
            double scale = Math.Max(Math.Abs(value), 1e-5);
            Assert.True(Math.Abs(other - value) <= 2e-3 * scale || (double.IsNaN(value) && double.IsNaN(other)), $"{name}: {other:R}, on the reference {value:R}");
        }
    }

    private static (string Name, double Value)[] Run(Device device)
    {
        using Sequential model = Networks.Mlp(device, In, 4, 4, Classes);
        using var optimizer = new Sgd(model, new Constant(0.1f), momentum: 0.9f);
        using ProbeBatch probe = ProbeOf(model, device);
        var rule = new Scripted();
        using var freeze = new FreezeController(
            model, optimizer, new Watching(All), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 2, ReferenceEvery = 0 }, probe: probe);
        for (int step = 0; step < Steps; step++)
        {
            Networks.Backward(model, device, Rows, In, Classes, step);
            freeze.Step();
        }
        var values = new List<(string, double)>();
        for (int unit = 0; unit < 3; unit++)
        {
            foreach (Observation observation in rule.History(unit).All)
            {
                foreach ((string key, double[] found) in observation.All)
                {
                    for (int i = 0; i < found.Length; i++) values.Add(($"unit {unit}, step {observation.Step}, {key}[{i}]", found[i]));
                }
            }
        }
        return [.. values];
    }

    private static ProbeBatch ProbeOf(Sequential model, Device device)
    {
        (Tensor inputs, IntTensor labels) = Networks.Batch(device, Rows, In, Classes, 77);
        return new ProbeBatch(model, inputs, labels);
    }
}
