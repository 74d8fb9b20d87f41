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
        new GradientNorm(), new GradientL1(), new AccumulatedGradient(), new GradientMoments(), new WeightNorm(), new WeightDistance(), new WeightDistanceL1(), new EffectivePerturbation(), new Displacement(),
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
