using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>
/// An exponential moving average of a model's weights (Polyak and Juditsky 1992): average ← d · average + (1 − d) · weights behind every step, with d = min(decay, (1 + n) / (10 + n)) at the n-th update, n from 0, so that the weights
/// of the start are soon forgotten. It holds parameters and buffers (a batch norm's running moments), on their device, in float32.
/// </summary>
/// <remarks>
/// A frozen parameter costs nothing: its average comes as near as it would have come when the average is next read, or with the first update behind its thaw. One that is thawed by hand between two updates counts for the steps it was
/// frozen with its value after the next step.
/// </remarks>
public sealed class WeightAverage : IStateful, IDisposable
{
    private readonly Parameter?[] owners;
    private readonly Tensor[] values;
    private readonly Tensor[] averages;
    private readonly double[] kept;                   // what is left of each average, of updates that were put off; 1: none was
    private long updates;
    private bool isInUse;

    /// <summary>The average starts as the present weights.</summary>
    /// <param name="model">A model that has its memory.</param>
    /// <param name="decay">How much of the average an update keeps: over 0 and under 1, as 0.999.</param>
    /// <exception cref="ArgumentOutOfRangeException">The decay is none.</exception>
    public WeightAverage(ModuleBase model, double decay)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (!(decay > 0 && decay < 1)) throw new ArgumentOutOfRangeException(nameof(decay), FormattableString.Invariant($"WeightAverage: decay must be over 0 and under 1, found {decay}."));
        Decay = decay;
        Parameter[] parameters = [.. model.Parameters()];
        owners = [.. parameters, .. model.Buffers().Select(_ => (Parameter?)null)];
        values = [.. parameters.Select(parameter => parameter.Value), .. model.Buffers().Select(buffer => buffer.Value)];
        averages = new Tensor[values.Length];
        kept = [.. Enumerable.Repeat(1.0, values.Length)];
        for (int i = 0; i < values.Length; i++)
        {
            averages[i] = Tensor.Empty(values[i].Device, values[i].Shape, MemoryKind.Statistic);
            using CostScope booking = values[i].Device.Counters.For(CostKind.Other);
            values[i].Device.Copy(values[i].Range, averages[i].Range);
        }
    }

    /// <summary>How much of the average an update keeps, once enough of them were made.</summary>
    public double Decay { get; }

    /// <summary>Updates made.</summary>
    public long Updates => updates;

    /// <summary>Whether the model holds the average now: <see cref="Use"/>.</summary>
    public bool IsInUse => isInUse;

    /// <summary>Takes the present weights in: after each step, behind <c>freeze.Step()</c>. It reads what trains and nothing else, and does not wait for the device.</summary>
    /// <exception cref="InvalidOperationException">The average is in the model.</exception>
    public void Update()
    {
        if (isInUse) throw new InvalidOperationException("WeightAverage.Update: the model holds the average now, which would be averaged with itself: dispose of what Use gave first.");
        double decay = Math.Min(Decay, (1.0 + updates) / (10.0 + updates));
        updates++;
        for (int i = 0; i < values.Length; i++)
        {
            kept[i] *= decay;
            if (owners[i] is not { IsFrozen: true }) Take(i);
        }
    }

    /// <summary>Exchanges the model's weights and the average until what this gives is disposed of: <c>using (average.Use()) Metrics.Accuracy(model, data)</c>.</summary>
    /// <exception cref="InvalidOperationException">The average is in the model already.</exception>
    public IDisposable Use()
    {
        if (isInUse) throw new InvalidOperationException("WeightAverage.Use: the model holds the average already.");
        for (int i = 0; i < values.Length; i++)
        {
            if (kept[i] != 1) Take(i);
        }
        Swap();
        isInUse = true;
        return new Exchange(this);
    }

    /// <inheritdoc/>
    public void SaveState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.Set("kind", Kind);
        state.Set("updates", updates);
        state.Set("kept", kept);
        for (int i = 0; i < averages.Length; i++) state.Set($"{i}", averages[i]);
    }

    /// <inheritdoc/>
    public Action ReadState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.Require("kind", Kind);
        long made = state.Integer("updates", 0);
        double[] left = state.Reals("kept", kept.Length);
        if (Array.Exists(left, part => !(part is >= 0 and <= 1))) throw state.Bad("kept", "must be between 0 and 1");
        SafetensorsEntry[] entries = [.. averages.Select((average, i) => state.Entry($"{i}", average.Shape))];
        return () =>
        {
            updates = made;
            left.CopyTo(kept, 0);
            for (int i = 0; i < entries.Length; i++) entries[i].CopyTo(averages[i]);
        };
    }

    /// <summary>Releases the average.</summary>
    public void Dispose() => Array.ForEach(averages, average => average.Dispose());

    private string Kind => FormattableString.Invariant($"weight average of decay {Decay}");

    private void Take(int i)
    {
        Device device = values[i].Device;
        using CostScope booking = device.Counters.For(CostKind.Other);
        device.AddScaled((float)(1 - kept[i]), values[i].Range, (float)kept[i], averages[i].Range);
        kept[i] = 1;
    }

    private void Swap()
    {
        for (int i = 0; i < values.Length; i++)
        {
            Device device = values[i].Device;
            using CostScope booking = device.Counters.For(CostKind.Other);
            using Tensor held = Tensor.Empty(device, values[i].Shape, MemoryKind.Statistic);
            device.Copy(values[i].Range, held.Range);
            device.Copy(averages[i].Range, values[i].Range);
            device.Copy(held.Range, averages[i].Range);
        }
    }

    private sealed class Exchange(WeightAverage average) : IDisposable
    {
        private bool isDone;

        public void Dispose()
        {
            if (isDone) return;
            isDone = true;
            average.isInUse = false;
            average.Swap();
        }
    }
}
