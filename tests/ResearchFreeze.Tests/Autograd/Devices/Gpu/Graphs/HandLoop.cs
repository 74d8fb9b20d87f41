using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>A small training loop by hand, with dropout, batch norm, clipping and a falling rate, whose steps may be repeated as recorded; and what came of it.</summary>
internal sealed class HandLoop
{
    private const int Batch = 4, Features = 6, Classes = 3;

    public required int[][] Bits { get; init; }

    public required (long, long, long)[] Costs { get; init; }

    public required IReadOnlyDictionary<string, long> Kernels { get; init; }

    public required long[] Peaks { get; init; }

    public long Captures { get; init; }

    public long Replays { get; init; }

    public long Evictions { get; init; }

    public long Plain { get; init; }

    public long HeldBytes { get; init; }

    public long Prepared { get; init; }

    public long Commands { get; init; }

    /// <summary>Runs it; the graphs are disposed.</summary>
    /// <param name="device">Where.</param>
    /// <param name="name">Which optimizer.</param>
    /// <param name="graphs">Repeats steps; null: nobody does.</param>
    /// <param name="steps">How many.</param>
    /// <param name="between">Called before each step with its number: may freeze and thaw.</param>
    /// <param name="within">Called within each step.</param>
    /// <param name="classes">How many classes the labels are of; the model has three.</param>
    /// <param name="onFreeze">What becomes of a frozen parameter's state.</param>
    public static HandLoop Run(
        GpuDevice device, string name, StepGraphs? graphs, int steps, Action<int, Sequential, Optimizer>? between = null, Action<int, Tensor>? within = null, Func<int>? classes = null, OnFreeze onFreeze = OnFreeze.Keep)
    {
        using Sequential model = new Sequential(
            ("first", new Linear(Features, 8)), ("norm", new BatchNorm(8)), ("relu", new Relu()), ("dropout", new Dropout(0.3f)), ("second", new Linear(8, 8)), ("relu2", new Relu()), ("head", new Linear(8, Classes))).Initialize(device, 5);
        using Optimizer optimizer = Make(name, model, steps, onFreeze);
        (long, long, long)[] costs = CostsOf(device);
        IReadOnlyDictionary<string, long> kernels = device.Kernels.Snapshot();
        device.Counters.ResetPeaks();
        long[] live = [.. Enum.GetValues<MemoryKind>().Select(device.Counters.Live)];
        var losses = new List<float>();
        for (int step = 0; step < steps; step++)
        {
            between?.Invoke(step, model, optimizer);
            using Tensor x = Tensor.From(device, [.. Enumerable.Range(0, Batch * Features).Select(i => MathF.Sin((step * 31) + i))], [Batch, Features]);
            using IntTensor labels = IntTensor.From(device, [.. Enumerable.Range(0, Batch).Select(i => (i + step) % (classes?.Invoke() ?? Classes))]);
            TensorBase[] inputs = [x, labels];
            using Tensor loss = graphs is null ? Step(inputs) : graphs.Run([.. model.Parameters().Select(parameter => parameter.IsFrozen ? 1L : 0)], inputs, Step);
            if (step % 5 == 4) losses.Add((float)loss.Item());

            Tensor Step(IReadOnlyList<TensorBase> given)
            {
                using var scope = new Scope();
                Tensor result = Loss.CrossEntropy(model.Forward((Tensor)given[0]), (IntTensor)given[1]);
                within?.Invoke(step, result);
                result.Backward();
                optimizer.Step();
                optimizer.ClearGradients();
                return scope.Keep(result);
            }
        }
        long[] peaks = [.. Enum.GetValues<MemoryKind>().Select((kind, i) => device.Counters.Peak(kind) - live[i]), device.Counters.PeakSavedBytes - device.Counters.SavedBytes];
        var result = new HandLoop
        {
            Bits = [.. model.Parameters().Select(parameter => Words(parameter.Value)), .. model.Parameters().SelectMany(parameter => optimizer.StateOf(parameter)).Select(Words), [.. losses.Select(BitConverter.SingleToInt32Bits)]],
            Costs = [.. CostsOf(device).Zip(costs, (now, before) => (now.Item1 - before.Item1, now.Item2 - before.Item2, now.Item3 - before.Item3))],
            Kernels = device.Kernels.Since(kernels),
            Peaks = peaks,
            Captures = graphs?.Captures ?? 0,
            Replays = graphs?.Replays ?? 0,
            Evictions = graphs?.Evictions ?? 0,
            Plain = graphs?.Plain ?? 0,
            HeldBytes = graphs?.HeldBytes ?? 0,
            Prepared = graphs?.Prepared ?? 0,
            Commands = graphs?.Commands ?? 0,
        };
        graphs?.Dispose();
        return result;
    }

    private static int[] Words(Tensor tensor) => [.. tensor.ToArray().Select(BitConverter.SingleToInt32Bits)];

    private static (long, long, long)[] CostsOf(Device device) => [.. Enum.GetValues<CostKind>().Select(kind => device.Counters.Of(kind)).Select(cost => (cost.Launches, cost.Flops, cost.Bytes))];

    private static Optimizer Make(string name, ModuleBase model, int steps, OnFreeze onFreeze)
    {
        Schedule rates = new Cosine(0.05f, steps);
        return name switch
        {
            "nesterov" => new Sgd(model, rates, momentum: 0.9f, weightDecay: 0.01f, nesterov: true) { ClipNorm = 0.5f, OnFreeze = onFreeze },
            "adamw" => new AdamW(model, rates) { ClipNorm = 0.5f, OnFreeze = onFreeze },
            "adam" => new AdamW(model, rates, coupled: true) { OnFreeze = onFreeze },
            "rmsprop" => new RmsProp(model, rates, momentum: 0.5f) { ClipNorm = 0.5f, OnFreeze = onFreeze },
            "lion" => new Lion(model, rates, weightDecay: 0.1f) { OnFreeze = onFreeze },
            _ => new Sgd(model, rates) { ClipNorm = 0.1f, OnFreeze = onFreeze },
        };
    }
}
