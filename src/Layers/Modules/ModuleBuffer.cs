using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>A tensor that belongs to a module's state but is not trained: running moments. It is saved, loaded and copied with the parameters, and never frozen by a flag of its own.</summary>
public sealed class ModuleBuffer : IDisposable
{
    private readonly float start;
    private Tensor? value;

    internal ModuleBuffer(string name, Shape shape, float start)
    {
        Name = name;
        Path = name;
        Shape = shape;
        this.start = start;
    }

    /// <summary>The name in its module.</summary>
    public string Name { get; }

    /// <summary>The dotted name, unique in a model: <c>stem.norm.runningMean</c>.</summary>
    public string Path { get; internal set; }

    /// <summary>The extents.</summary>
    public Shape Shape { get; }

    /// <summary>Whether it has memory.</summary>
    public bool IsMaterialized => value is not null;

    /// <summary>The value.</summary>
    /// <exception cref="InvalidOperationException">It has none yet.</exception>
    public Tensor Value => value ?? throw new InvalidOperationException($"Buffer '{Path}' has no memory yet: call model.Initialize(device, seed) or load a state dict first.");

    /// <summary>Values that were loaded before it had memory: with them it starts; null: none.</summary>
    internal double[]? Start { get; set; }

    /// <summary>Gives the buffer memory on a device and its start value, or what was loaded before it had memory, replacing what it had.</summary>
    public void Materialize(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        Dispose();
        value = Tensor.Empty(device, Shape, MemoryKind.Parameter);
        if (Start is { } loaded) device.Upload(loaded, value.Range);
        else device.Fill(value.Range, start);
        Start = null;
    }

    /// <summary>Releases the memory.</summary>
    public void Dispose()
    {
        value?.Dispose();
        value = null;
    }

    /// <summary>For example <c>stem.norm.runningMean (16)</c>.</summary>
    public override string ToString() => $"{Path} {Shape}";
}
