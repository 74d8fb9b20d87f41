using System.Runtime.InteropServices;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>A second set of some tensors' values, on their devices: the weights that were best on validation data, the buffers before a trial step. Copying counts as <see cref="CostKind.Other"/>.</summary>
public sealed class TensorCopy : IDisposable
{
    private const int Piece = 1 << 20;

    private readonly Tensor[] values;
    private readonly List<Tensor> copies = [];

    /// <summary>Nothing is copied yet.</summary>
    public TensorCopy(IEnumerable<Tensor> values) => this.values = [.. values];

    /// <summary>A model's parameters and buffers.</summary>
    public static TensorCopy Of(ModuleBase model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new TensorCopy(model.Parameters().Select(parameter => parameter.Value).Concat(model.Buffers().Select(buffer => buffer.Value)));
    }

    /// <summary>Takes the present values over.</summary>
    public void Take() => Run(i =>
    {
        Device device = values[i].Device;
        if (copies.Count <= i) copies.Add(Tensor.Empty(device, values[i].Shape, MemoryKind.Statistic));
        device.Copy(values[i].Range, copies[i].Range);
    });

    /// <summary>Writes the copy back; nothing where none was taken.</summary>
    public void Restore()
    {
        if (copies.Count == 0) return;
        Run(i =>
        {
            // What the copy has may be from before it was rounded; an optimizer packs it again.
            values[i].Leaf?.Keep(Precision.Float32);
            values[i].Device.Copy(copies[i].Range, values[i].Range);
        });
    }

    /// <summary>Whether the values are now what was taken, bit for bit. It waits for the device.</summary>
    public bool IsCurrent()
    {
        if (copies.Count == 0) return false;
        // In pieces: two models on the host would be more than training has taken.
        var buffers = new float[2 * Math.Min(Piece, values.Max(value => value.Shape.Count))];
        return Enumerable.Range(0, values.Length).All(i => IsSame(values[i], copies[i], buffers));
    }

    /// <summary>Exchanges the copy and the present values; again to undo it. Nothing where none was taken.</summary>
    public void Swap()
    {
        if (copies.Count > 0) Run(Exchange);
    }

    /// <summary>Writes the copy to a tree; nothing where none was taken.</summary>
    public void Save(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        for (int i = 0; i < copies.Count; i++) state.Refer($"{i}", copies[i]);
    }

    /// <summary>Reads and checks what <see cref="Save"/> wrote; what it returns takes it over.</summary>
    /// <exception cref="FormatException">The copy was of other tensors.</exception>
    public Action Read(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (!state.Contains("0")) return () => { };
        SafetensorsEntry[] entries = [.. values.Select((value, i) => state.Entry($"{i}", value.Shape))];
        return () =>
        {
            if (copies.Count == 0) Take();
            for (int i = 0; i < entries.Length; i++) entries[i].CopyTo(copies[i]);
        };
    }

    /// <summary>Releases the copy.</summary>
    public void Dispose() => copies.ForEach(copy => copy.Dispose());

    private static bool IsSame(Tensor one, Tensor two, float[] buffers)
    {
        int most = buffers.Length / 2, all = one.Shape.Count;
        for (int at = 0; at < all; at += most)
        {
            int count = Math.Min(most, all - at);
            Span<float> first = buffers.AsSpan(0, count), second = buffers.AsSpan(most, count);
            one.Device.Download(one.Range.Slice(at, count), first);
            two.Device.Download(two.Range.Slice(at, count), second);
            if (!MemoryMarshal.AsBytes(first).SequenceEqual(MemoryMarshal.AsBytes(second))) return false;
        }
        return true;
    }

    private void Exchange(int i)
    {
        Device device = values[i].Device;
        values[i].Leaf?.Keep(Precision.Float32);
        using Tensor held = Tensor.Empty(device, values[i].Shape, MemoryKind.Statistic);
        device.Copy(values[i].Range, held.Range);
        device.Copy(copies[i].Range, values[i].Range);
        device.Copy(held.Range, copies[i].Range);
    }

    private void Run(Action<int> copy)
    {
        for (int i = 0; i < values.Length; i++)
        {
            using CostScope booking = values[i].Device.Counters.For(CostKind.Other);
            copy(i);
        }
    }
}
