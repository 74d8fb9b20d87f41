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
    private bool isInUse, isKept, isDisposed;

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
        try
        {
            for (int i = 0; i < values.Length; i++)
            {
                averages[i] = Tensor.Empty(values[i].Device, values[i].Shape, MemoryKind.Statistic);
                using CostScope booking = values[i].Device.Counters.For(CostKind.Other);
                values[i].Device.Copy(values[i].Range, averages[i].Range);
            }
        }
        catch
        {
            // Nobody's yet: a device that is out of memory would keep them for good.
            foreach (Tensor? made in averages) made?.Dispose();
            throw;
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
    /// <exception cref="ObjectDisposedException">The average was released.</exception>
    public void Update()
    {
        RequireWeights("Update", "which would be averaged with itself");
        // What is put off is counted on the host, so that a repeated step would lose it. Behind the step it costs as little.
        if (values.Length > 0) values[0].Device.Recorder?.Refuse("a weight average is updated within the step, and not behind it");
        double decay = Math.Min(Decay, (1.0 + updates) / (10.0 + updates));
        updates++;
        for (int i = 0; i < values.Length; i++)
        {
            kept[i] *= decay;
            if (owners[i] is not { IsFrozen: true }) Take(i);
        }
    }

    /// <summary>Exchanges the model's weights and the average until what this gives, or the average, is disposed of: <c>using (average.Use()) Metrics.Accuracy(model, data)</c>. Its state is neither saved nor read meanwhile.</summary>
    /// <exception cref="InvalidOperationException">The average is in the model already.</exception>
    public IDisposable Use()
    {
        RequireWeights("Use", "already");
        for (int i = 0; i < values.Length; i++)
        {
            if (kept[i] != 1) Take(i);
        }
        Swap();
        isInUse = true;
        return new Exchange(this);
    }

    /// <summary>Puts the average into the model for good: its own weights are gone, and <see cref="Dispose"/> gives nothing back.</summary>
    /// <exception cref="InvalidOperationException">The average is in the model already.</exception>
    internal void Keep()
    {
        RequireWeights("Keep", "already");
        for (int i = 0; i < values.Length; i++)
        {
            if (kept[i] != 1) Take(i);
            using CostScope booking = values[i].Device.Counters.For(CostKind.Other);
            values[i].Leaf?.Keep(Precision.Float32);
            values[i].Device.Copy(averages[i].Range, values[i].Range);
        }
        isInUse = isKept = true;
    }

    /// <inheritdoc/>
    public void SaveState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        RequireWeights("SaveState", "and a state of both would have them exchanged");
        state.Set("kind", Kind);
        state.Set("updates", updates);
        state.Set("kept", kept);
        for (int i = 0; i < averages.Length; i++) state.Refer($"{i}", averages[i]);
    }

    /// <inheritdoc/>
    public Action ReadState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        RequireWeights("ReadState", "which would become the weights again");
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

    /// <summary>Releases the average; a model that holds it has its weights back first.</summary>
    public void Dispose()
    {
        if (isDisposed) return;
        GiveBack();
        isDisposed = true;
        Array.ForEach(averages, average => average.Dispose());
    }

    private string Kind => FormattableString.Invariant($"weight average of decay {Decay}");

    private void Take(int i)
    {
        Device device = values[i].Device;
        using CostScope booking = device.Counters.For(CostKind.Other);
        using Tensor now = values[i].AsReals();
        device.AddScaled((float)(1 - kept[i]), now.Range, (float)kept[i], averages[i].Range);
        kept[i] = 1;
    }

    /// <summary>What is asked for needs a model with weights of its own.</summary>
    private void RequireWeights(string call, string why)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        if (isInUse) throw new InvalidOperationException($"WeightAverage.{call}: the model holds the average now, {why}: dispose of what Use gave first.");
    }

    private void GiveBack()
    {
        if (!isInUse || isKept) return;
        Swap();
        isInUse = false;
    }

    private void Swap()
    {
        // All memory first: where there is none, no weight has been exchanged that another has not.
        var spare = new Dictionary<Device, Tensor>();
        try
        {
            foreach (IGrouping<Device, Tensor> own in values.GroupBy(value => value.Device)) spare.Add(own.Key, Tensor.Empty(own.Key, [own.Max(value => value.Shape.Count)], MemoryKind.Statistic));
            for (int i = 0; i < values.Length; i++)
            {
                Device device = values[i].Device;
                using CostScope booking = device.Counters.For(CostKind.Other);
                values[i].Leaf?.Keep(Precision.Float32);
                TensorRange held = spare[device].Range.Slice(0, values[i].Shape.Count);
                device.Copy(values[i].Range, held);
                device.Copy(averages[i].Range, values[i].Range);
                device.Copy(held, averages[i].Range);
            }
        }
        finally
        {
            foreach (Tensor held in spare.Values) held.Dispose();
        }
    }

    private sealed class Exchange(WeightAverage average) : IDisposable
    {
        private bool isDone;

        public void Dispose()
        {
            if (isDone) return;
            average.GiveBack();
            isDone = true;
        }
    }
}
