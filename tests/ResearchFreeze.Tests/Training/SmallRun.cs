using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

/// <summary>Runs on a few hundred made-up samples: noise around one centre a class.</summary>
internal static class SmallRun
{
    public const int Features = 32;
    public const int Classes = 4;

    /// <summary>Freezes a unit at every check, whatever it scores: decisions are certain.</summary>
    public const string Eager = "prefix-patience:threshold=1000000,patience=1,checks=10,warmup=0,margin=0";

    public static DataSplits Data(int training = 192, int others = 64) => new("made up", Part("train", training), Part("validation", others), Part("test", others));

    /// <summary>The same samples as images of 8 × 4 pixels.</summary>
    public static DataSplits Images() => new("made up", Part("train", 192, [8, 4]), Part("validation", 64, [8, 4]), Part("test", 64, [8, 4]));

    public static RunSettings Settings { get; } = new()
    {
        Model = $"mlp:{Features},64,48,{Classes}",
        Policy = "never",
        Epochs = 2,
        BatchSize = 32,
        Device = "cpu",
        Threads = 1,
        Seed = 5,
    };

    /// <summary>A run's parts, on the settings' device or on one that is there and stays the caller's.</summary>
    public static RunParts Parts(RunSettings settings, DataSplits? data = null, IReadOnlyList<IMetric>? metrics = null, Device? device = null)
    {
        var known = new RunCatalogues();
        Policy policy = Policies.Of(settings, known);
        if (settings.Replay is { } run) policy = policy.Replaying(DecisionRecord.Read(Path.Combine(run, "decisions.jsonl")) is var record && settings.Fork is { } fork ? record.Forked(ForkSpec.Parse(fork)) : record);
        return new RunParts(
            device, settings, known.Models.Create(settings.Model), policy, known.Optimizers.Create(settings.Optimizer),
            known.Schedules.Create(settings.Schedule), data ?? Data(), null, metrics);
    }

    /// <summary>Runs and gives the result and the final weights.</summary>
    public static (RunResult Result, float[][] Weights) Run(RunSettings settings, DataSplits? data = null, RunLog? log = null, int stopAfter = int.MaxValue, Device? device = null)
    {
        using RunParts parts = Parts(settings, data, device: device);
        using var stop = new CancellationTokenSource();
        RunResult result = new Trainer(parts, log, new Stopper(stop, stopAfter)).Run(stop.Token);
        return (result, Weights(parts.Model));
    }

    public static float[][] Weights(ModuleBase model) => [.. model.Parameters().Select(parameter => parameter.Value.ToArray())];

    public static int[][] Bits(float[][] weights) => [.. weights.Select(values => values.Select(BitConverter.SingleToInt32Bits).ToArray())];

    private static HostDataSet Part(string name, int count, int[]? shape = null)
    {
        var centres = new RandomStream(11, "centres");
        float[] centre = [.. Enumerable.Range(0, Classes * Features).Select(_ => (float)centres.NextNormal())];
        var random = new RandomStream(11, name);
        var values = new float[count * Features];
        int[] labels = [.. Enumerable.Range(0, count).Select(id => id % Classes)];
        for (int i = 0; i < values.Length; i++) values[i] = centre[(labels[i / Features] * Features) + (i % Features)] + (1.5f * (float)random.NextNormal());
        return HostDataSet.FromArrays(values, shape ?? [Features], labels, Classes, name);
    }

    /// <summary>Asks the run to end after a step.</summary>
    private sealed class Stopper(CancellationTokenSource stop, int after) : IRunObserver
    {
        public void Started(RunParts parts, FreezeController freeze)
        {
        }

        public void Logged(MetricRow row)
        {
        }

        public void Stepped(int step, int epoch)
        {
            if (step == after) stop.Cancel();
        }
    }
}
