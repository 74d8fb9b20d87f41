using BenchmarkDotNet.Attributes;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.BenchmarkDotNet;

/// <summary>
/// Times training steps of models with some of their units frozen: nothing (the baseline of each model), every prefix, a middle, and the states that runs reached. Derive a public class that names the models and give it to
/// <see cref="FreezingBenchmarks"/>, or to BenchmarkDotNet's own runner, which does not know <c>--device</c>.
/// </summary>
[Config(typeof(FreezingConfig))]
public abstract class FreezingBenchmark
{
    /// <summary>The environment variable by which the processes that are timed learn of <c>--device</c>.</summary>
    internal const string DeviceVariable = "RESEARCHFREEZE_BENCHMARK_DEVICE";

    private FrozenUnits? prepared;
    private Device? device;
    private BenchmarkedTraining? training;

    /// <summary>The models; each is a group of the table.</summary>
    public abstract IEnumerable<BenchmarkedModel> Models { get; }

    /// <summary>A case a model, with nothing frozen.</summary>
    public IEnumerable<FrozenUnits> Baselines => Models.Select(FrozenUnits.None);

    /// <summary>The other cases.</summary>
    public IEnumerable<FrozenUnits> States => Models.SelectMany(model => model.States());

    /// <summary>A step with nothing frozen.</summary>
    [Benchmark(Baseline = true)]
    [ArgumentsSource(nameof(Baselines))]
    public void Everything(FrozenUnits frozen) => Step(frozen);

    /// <summary>A step with some units frozen.</summary>
    [Benchmark]
    [ArgumentsSource(nameof(States))]
    public void Frozen(FrozenUnits frozen) => Step(frozen);

    /// <summary>Gives back the device.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        training?.Dispose();
        device?.Dispose();
        (prepared, training, device) = (null, null, null);
    }

    /// <summary>The device that <c>--device</c> named; without it the CPU.</summary>
    internal static Device MakeDevice() => Devices.Create(Environment.GetEnvironmentVariable(DeviceVariable) ?? "cpu");

    private void Step(FrozenUnits frozen)
    {
        // BenchmarkDotNet hands arguments to the method alone: the first call, which is not timed, prepares.
        if (!ReferenceEquals(frozen, prepared)) Prepare(frozen);
        training!.Step();
        // A device that works on its own has not finished when the calls return.
        device!.Synchronize();
    }

    private void Prepare(FrozenUnits frozen)
    {
        Cleanup();
        device = MakeDevice();
        training = frozen.Model.Make(device);
        frozen.Freeze(training);
        prepared = frozen;
    }
}
