namespace ResearchFreeze.Autograd;

/// <summary>Gradients that are reduced together: one piece of memory with a place for each of some parameters, in the order in which they become final.</summary>
internal sealed class GradientBucket(int first, int count, int length)
{
    private Storage? storage;

    /// <summary>The first parameter's place in the layout.</summary>
    public int First => first;

    /// <summary>How many parameters it has.</summary>
    public int Count => count;

    /// <summary>All of it.</summary>
    public TensorRange Range => new(storage!, 0, length);

    /// <summary>Parameters whose gradients are not final yet.</summary>
    public int Pending { get; set; }

    /// <summary>What the communicator calls its reduction.</summary>
    public long Reduction { get; set; }

    public void Rent(Device device) => storage = device.Rent(ElementKind.Real, length, MemoryKind.Gradient);

    /// <summary>Memory for another sum of the same gradients.</summary>
    public TensorRange RentAnother(Device device) => new(device.Rent(ElementKind.Real, length, MemoryKind.Gradient), 0, length);

    public void Release()
    {
        storage?.Release();
        storage = null;
    }
}
